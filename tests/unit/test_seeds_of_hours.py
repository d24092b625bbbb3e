"""Schedules, holidays and SLA targets: what is said of rows that cannot hold at the same time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.home import Home
from dagster_project.seeds import PROJECT_SEEDS, SeedError, merge_seeds

HEADS = {
    "schedules": "schedule_id,timezone,weekday,opens_at,closes_at,valid_from,valid_until",
    "holidays": "schedule_id,on_date,opens_at,closes_at,name",
    "sla_targets": "policy_id,clock,channel,priority,customer_group,target_seconds,clock_kind,"
    "schedule_id,valid_from,valid_until",
}

Say = Callable[..., list[str]]


@pytest.fixture
def slips_of(tmp_path: Path) -> Say:
    """Return what is wrong with a seed of these lines; they begin with line 2."""
    own = tmp_path / "own"
    own.mkdir()

    def say(seed: str, *lines: str) -> list[str]:
        (own / f"{seed}.csv").write_text("\n".join([HEADS[seed], *lines]) + "\n")
        try:
            merge_seeds(Home(tmp_path / "var"), own)
        except SeedError as error:
            said = str(error).replace(f"{own}/", "").replace(f"{PROJECT_SEEDS}/", "")
            return said.splitlines()
        return []

    return say


def test_hours_may_change_pause_at_noon_and_go_on_past_midnight(slips_of: Say) -> None:
    assert not slips_of(
        "schedules",
        "support,,1,09:00,12:00,,2026-03-31",
        "support,,1,13:00,18:00,,2026-03-31",
        "support,Europe/Berlin,1,10:00,18:00,2026-04-01,",
        "nights,Asia/Seoul,7,22:00,30:00,,",
        "nights,Asia/Seoul,1,06:00,07:00,,",
        "nights,Asia/Seoul,1,22:00,06:00,,",
        "always,UTC,3,00:00,24:00,,",
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("support,,8,09:00,18:00,,", "weekday: Input should be less than or equal to 7"),
        ("support,,1,24:00,25:00,,", "opens_at: String should match pattern"),
        ("support,,1,9:00,18:00,,", "opens_at: String should match pattern"),
        ("support,,1,09:00,48:00,,", "closes_at: String should match pattern"),
        (
            "support,,1,09:00,33:01,,",
            "closes_at lies over 24 hours after opens_at; split it over two weekdays",
        ),
        (
            "support,Asia/Soul,1,09:00,18:00,,",
            "timezone: Asia/Soul is no time zone; give an IANA name such as Asia/Seoul",
        ),
        (
            "support,,1,09:00,18:00,2026-03-02,2026-03-01",
            "valid_until lies before valid_from; mend one of the two",
        ),
    ],
)
def test_hours_that_no_week_has_are_refused(slips_of: Say, line: str, says: str) -> None:
    (said,) = slips_of("schedules", "support,,2,09:00,18:00,,", line)
    assert said.startswith(f"schedules.csv, line 3: {says}")


@pytest.mark.parametrize(
    "line",
    [
        "support,,1,17:59,19:00,,",
        "support,,1,08:00,20:00,2030-01-01,",
        # From Sunday evening to Monday at 09:01.
        "support,,7,22:00,33:01,,",
    ],
)
def test_hours_that_overlap_are_refused(slips_of: Say, line: str) -> None:
    assert slips_of("schedules", "support,,1,09:00,18:00,,", line) == [
        "schedules.csv, line 3: opens_at: the hours overlap those of line 2; join the two"
    ]


def test_hours_of_one_time_stand_under_one_zone(slips_of: Say) -> None:
    assert slips_of(
        "schedules", "support,,1,09:00,18:00,,", "support,Europe/Berlin,2,09:00,18:00,,"
    ) == [
        "schedules.csv, line 3: timezone: another than in line 2, on the same days; take one",
    ]


def test_days_between_two_versions_of_a_schedule_are_refused(slips_of: Say) -> None:
    assert slips_of(
        "schedules",
        "support,,1,10:00,18:00,2026-04-02,",
        "support,,1,09:00,18:00,,2026-03-30",
        "support,,2,09:00,18:00,,2026-03-31",
    ) == [
        "schedules.csv, line 2: valid_from: support has no hours from 2026-04-01 to 2026-04-01;"
        " let one version end the day before the next begins"
    ]


def test_the_schedule_of_business_hours_is_one_that_there_is(slips_of: Say) -> None:
    (said,) = slips_of("schedules", "office,,1,09:00,18:00,,")
    assert said.startswith("settings.csv, line ")
    assert said.endswith("value: support is not in schedules.csv; take one from there")


def test_a_holiday_is_closed_or_has_hours_and_belongs_to_a_schedule(slips_of: Say) -> None:
    assert not slips_of(
        "holidays",
        "support,2026-10-05,,,추석",
        "support,2026-12-24,09:00,11:00,morning",
        "support,2026-12-24,12:00,13:00,after a break",
    )
    assert slips_of(
        "holidays",
        "support,2026-10-05,09:00,,half told",
        "shop,2026-10-05,,,elsewhere",
        "support,2026-10-06,,,closed",
        "support,2026-10-06,09:00,12:00,and open",
        "support,2026-10-07,09:00,12:00,morning",
        "support,2026-10-07,11:59,13:00,noon",
        "support,2026-10-08,,,closed",
        "support,2026-10-08,,,closed again",
    ) == [
        "holidays.csv, line 2: give both opens_at and closes_at, or neither for a day off",
        "holidays.csv, line 9: the same schedule_id, on_date, opens_at as in line 8; keep one",
        "holidays.csv, line 5: opens_at: closed and open at once, by line 4; keep one",
        "holidays.csv, line 7: opens_at: the hours overlap those of line 6; join the two",
        "holidays.csv, line 9: opens_at: closed and open at once, by line 8; keep one",
        "holidays.csv, line 3: schedule_id: shop is not in schedules.csv;"
        " take one from there, or add it",
    ]


def test_targets_are_told_apart_by_clock_channel_priority_group_and_days(slips_of: Say) -> None:
    assert not slips_of(
        "sla_targets",
        "gold,first_reply,,,,3600,calendar,,,2026-03-31",
        "gold,first_reply,,,,1800,calendar,,2026-04-01,",
        "gold,next_reply,,,,3600,calendar,,,",
        "gold,first_reply,email,,,3600,business,support,,",
        "gold,first_reply,,urgent,,3600,business,,,",
        "gold,first_reply,,urgent,vip,3600,business,,,",
    )
    assert slips_of(
        "sla_targets",
        "gold,first_reply,email,,,3600,calendar,,,2026-03-31",
        "silver,first_reply,email,,,7200,calendar,,2026-03-31,",
    ) == [
        "sla_targets.csv, line 3: for the same clocks and days as line 2; end one of the two",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("gold,reply,,,,60,calendar,,,", "clock: Input should be 'first_reply', 'next_reply'"),
        ("gold,next_reply,fax,,,60,calendar,,,", "channel: fax is not in channels.csv;"),
        ("gold,next_reply,,p1,,60,calendar,,,", "priority: Input should be 'low', 'normal'"),
        ("gold,next_reply,,,gold,60,calendar,,,", "customer_group: Input should be 'vip'"),
        ("gold,next_reply,,,,0,calendar,,,", "target_seconds: Input should be greater than 0"),
        ("gold,next_reply,,,,60,working,,,", "clock_kind: Input should be 'calendar'"),
        (
            "gold,next_reply,,,,60,calendar,support,,",
            "calendar time knows no schedule; take schedule_id out",
        ),
        ("gold,next_reply,,,,60,business,office,,", "schedule_id: office is not in schedules.csv;"),
        (
            "gold,next_reply,,,,60,business,,2026-03-02,2026-03-01",
            "valid_until lies before valid_from; mend one of the two",
        ),
    ],
)
def test_a_target_that_no_clock_could_have_is_refused(slips_of: Say, line: str, says: str) -> None:
    (said,) = slips_of("sla_targets", line)
    assert said.startswith(f"sla_targets.csv, line 2: {says}")
