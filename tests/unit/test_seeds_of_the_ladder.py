"""The service-level ladder: what is said of missing and overlapping levels, and of attestations."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.home import Home
from dagster_project.seeds import PROJECT_SEEDS, SeedError, merge_seeds

Say = Callable[..., list[str]]


@pytest.fixture
def slips_of(tmp_path: Path) -> Say:
    """Return what is wrong with a seed of the project in which some lines are others, or more."""
    own = tmp_path / "own"
    own.mkdir()

    def say(seed: str, *, more: str = "", **others: str | None) -> list[str]:
        lines = (PROJECT_SEEDS / f"{seed}.csv").read_text(encoding="utf-8").splitlines()
        for number, line in others.items():
            lines[int(number.removeprefix("line_")) - 1] = line or ""
        text = "\n".join(line for line in [*lines, more] if line) + "\n"
        (own / f"{seed}.csv").write_text(text, encoding="utf-8")
        try:
            merge_seeds(Home(tmp_path / "var"), own)
        except SeedError as error:
            said = str(error).replace(f"{own}/", "").replace(f"{PROJECT_SEEDS}/", "")
            return said.splitlines()
        return []

    return say


# Lines 2 to 5 are the levels 5 to 2 of response to e-mail.
E_MAIL = (
    "response,email,{level},median_response,{bounds},{inclusive},seconds,{clock},false,document,it"
)


def e_mail(level: int, bounds: str, *, inclusive: bool = False, clock: str = "calendar") -> str:
    return E_MAIL.format(level=level, bounds=bounds, inclusive=str(inclusive).lower(), clock=clock)


def test_bounds_of_one_s_own_are_taken(slips_of: Say) -> None:
    assert not slips_of("level_bands", line_2=e_mail(5, ",1800"), line_3=e_mail(4, ",7200"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            {"line_3": None},
            "line 4: level: response of email has no level 4; add its line",
        ),
        (
            {"line_2": None},
            "line 4: level: response of email has no level 5; add its line",
        ),
        (
            {"line_5": None},
            "line 4: level: response of email has no level 2; add its line",
        ),
        (
            {"line_2": e_mail(5, ",14401")},
            "line 2: level: 5 asks for less than line 3; exchange the two",
        ),
        (
            {"line_2": e_mail(5, ",14400", inclusive=True)},
            "line 2: level: 5 asks for less than line 3; exchange the two",
        ),
        (
            {"line_2": e_mail(5, ",14400")},
            "line 2: level: 5 asks for what line 3 does; tell them apart",
        ),
        (
            {"line_2": e_mail(4, ",3600")},
            "line 3: the same dimension, band, level, measure as in line 2; keep one",
        ),
        (
            {"line_2": e_mail(5, "3600,")},
            "line 2: at_most: median_response is bounded by it alone; give one figure",
        ),
        (
            {"line_2": e_mail(5, "1,3600")},
            "line 2: at_most: median_response is bounded by it alone; give one figure",
        ),
        (
            {"line_2": e_mail(5, ",3600", clock="business")},
            "line 2: clock: responses are judged by the calendar; write calendar",
        ),
        (
            {"line_2": e_mail(5, ",3600").replace("median_response", "median_wait")},
            "line 2: response has no median_wait; take median_response",
        ),
        (
            {"line_2": e_mail(6, ",3600")},
            "line 2: level: Input should be less than or equal to 5",
        ),
    ],
)
def test_a_level_that_is_missing_or_overlaps_is_named_with_its_remedy(
    slips_of: Say, lines: dict[str, str | None], says: str
) -> None:
    assert f"level_bands.csv, {says}" in slips_of("level_bands", **lines)


def test_resolutions_have_one_clock_and_business_days_are_business_time(slips_of: Say) -> None:
    # Lines 26 to 29 are the levels 5 to 2 of resolution where people wait for days.
    days = "resolution,asynchronous,3,median_resolution,,1,false,business_days,{},false,document,it"
    hours = "resolution,asynchronous,5,median_resolution,,9,false,seconds,{},false,document,it"
    assert slips_of("level_bands", line_28=days.format("calendar")) == [
        "level_bands.csv, line 28: clock: business days are business time; write business",
        "level_bands.csv, line 29: level: resolution of asynchronous has no level 3; add its line",
    ]
    assert slips_of("level_bands", line_26=hours.format("calendar")) == [
        "level_bands.csv, line 26: clock: another than in line 27; take one"
    ]
    assert slips_of("level_bands", line_26=hours.format("")) == [
        "level_bands.csv, line 26: clock: write calendar or business",
        "level_bands.csv, line 29: level: resolution of asynchronous has no level 5; add its line",
    ]


def test_a_dimension_that_is_left_out_is_named(slips_of: Say) -> None:
    last = len((PROJECT_SEEDS / "level_bands.csv").read_text(encoding="utf-8").splitlines())
    assert slips_of("level_bands", **{f"line_{last}": None}) == [
        "level_bands.csv, line 1: dimension: there is no delight; add its levels"
    ]


def test_a_channel_s_band_is_on_the_ladder(slips_of: Say) -> None:
    assert slips_of("channels", more="fax,Fax,팩스,false,true,telex,asynchronous,,") == [
        "channels.csv, line 16: response_band: telex is not in level_bands.csv;"
        " take one from there, or add its levels"
    ]


def test_each_level_has_a_step_to_the_next_in_both_languages(slips_of: Say) -> None:
    assert slips_of("level_steps", line_2=None) == [
        "level_steps.csv, line 1: level: response has no step from level 1; add its line"
    ]
    assert slips_of("level_steps", line_2="1,response,Count.,,Gorgias") == [
        "level_steps.csv, line 2: step_ko: String should have at least 1 character",
        "level_steps.csv, line 1: level: response has no step from level 1; add its line",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("faq_exists,maybe,2026-01-01,,Mina", "value: write yes or no"),
        ("declared_hours,yes,2026-01-01,,Mina", "value: write round_the_clock or part_of_the_day"),
        ("parking,yes,2026-01-01,,Mina", "fact: Input should be 'faq_exists'"),
        ("faq_exists,yes,2026-01-01,,", "by_whom: String should have at least 1 character"),
        ("faq_exists,yes,,,Mina", "since: Input should be a valid date"),
        (
            "faq_exists,yes,2026-01-02,2026-01-01,Mina",
            "until lies before since; mend one of the two",
        ),
    ],
)
def test_an_attestation_says_what_can_be_said_since_when_and_by_whom(
    slips_of: Say, line: str, says: str
) -> None:
    assert not slips_of("service_attestations", more="help_centre,no,2026-01-01,2026-01-01,Mina")
    assert not slips_of("service_attestations", more="suiting_channels,email;chat,2026-01-01,,Mina")
    (said,) = slips_of("service_attestations", more=line)
    assert said.startswith(f"service_attestations.csv, line 2: {says}")


def test_channels_that_suit_are_channels(slips_of: Say) -> None:
    assert slips_of(
        "service_attestations", more="suiting_channels,Email; fax,2026-01-01,,Mina"
    ) == [
        "service_attestations.csv, line 2: value: fax is not in channels.csv; take one from there"
    ]
