"""A night that builds on the files of the nights before equals one that builds from nothing.

Here are nights with one of each kind of change, worked out by hand, and nights at random; what is
kept from night to night; `make rebuild`; and nights on which some streams cannot be read.
"""

import random
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from drop_nights import DropNights, Record
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from reading.drops import write_drops, write_shop_file
from reading.nasty import NastyShop, nasty_shop

from dagster_project import rebuild
from dagster_project.assets.build import cut
from dagster_project.home import PROJECT_ROOT
from dagster_project.publish import Verdict, publish

SEOUL = "name: Lamps\nreporting_timezone: Asia/Seoul\ncurrency: KRW\npii: keep"


# ---- one of each kind of change

FIRST, SECOND, THIRD, FOURTH = (datetime(2026, 3, day, 18, tzinfo=UTC) for day in (2, 3, 20, 21))
"""On the third night nothing but the clock has moved; on the fourth a seed and a model have."""


@dataclass
class Told:
    """What the four nights said.

    Attributes:
        differences: Where the second and the third night were not what a build from scratch says;
            of the fourth, `make rebuild` says so.
        facts: What `FACTS` found after each night.
        kept: Name and content of the typed files on the third night, each from the night on which
            its load landed.
        made_anew: The same, made in one go from the whole landing zone.
    """

    nights: DropNights
    differences: dict[datetime, list[str]]
    facts: dict[datetime, dict[str, Any]]
    kept: Mapping[str, bytes]
    made_anew: Mapping[str, bytes]


FACTS = """
    select {
        'tickets': (
            select map_from_entries(list((ticket_id, coalesce(exclusion_reason, 'counts'))))
            from facts.fct_tickets
        ),
        'topic': (select topic from facts.fct_tickets where ticket_id = 'answered'),
        'first_response': (
            select first_response_seconds from facts.fct_tickets where ticket_id = 'answered'
        ),
        'channel': (select channel from facts.fct_tickets where ticket_id = 'pigeon'),
        'is_unanswered': (
            select is_unanswered from facts.fct_tickets where ticket_id = 'pigeon'
        ),
        'scores': (
            select map_from_entries(list((survey_id, concat_ws(' ', score, direction))))
            from (select survey_id, score::int as score, direction from facts.fct_survey_responses)
        ),
    }
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        nights = DropNights(tmp_path_factory.mktemp("each_change"), monkeypatch)
        yield _tell(nights, tmp_path_factory.mktemp("scratch"))


def _tell(nights: DropNights, scratch: Path) -> Told:
    told = Told(nights, {}, {}, {}, {})

    def night(as_of: datetime, *, is_compared: bool) -> None:
        nights.land(as_of)
        plan = nights.build(as_of)
        if is_compared:
            folder = scratch / f"{as_of:%d}"
            told.differences[as_of] = nights.differences_from_scratch(plan, as_of, folder)
        with duckdb.connect(str(nights.home.build_file), read_only=True) as connection:
            [(told.facts[as_of],)] = connection.execute(FACTS).fetchall()

    nights.describe(SEOUL, ["desk"])
    _drop_the_first_night(nights)
    night(FIRST, is_compared=False)
    _drop_the_second_night(nights)
    night(SECOND, is_compared=True)
    night(THIRD, is_compared=True)
    told.kept = _contents(nights.home.typed)
    told.made_anew = _contents(scratch / f"{THIRD:%d}" / "typed")
    _map_channel(nights, "desk,pigeon,kakaotalk")
    nights.change_model(
        "typed_files__tickets", "    from records\n", "    from records where record_id <> 'new'\n"
    )
    night(FOURTH, is_compared=False)
    return told


def _drop_the_first_night(nights: DropNights) -> None:
    told = {"updated_at": "2026-03-02T12:00:00Z"}
    nights.drop(
        "desk/agents/1", {"agent_id": "kim", "role": "agent"}, {"agent_id": "robo", "role": "agent"}
    )
    nights.drop(
        "desk/tickets/1",
        *(
            _ticket(ticket_id, **told, channel="pigeon" if ticket_id == "pigeon" else "email")
            for ticket_id in ("answered", "pigeon", "doomed", "twin")
        ),
    )
    nights.drop(
        "desk/messages/1",
        _message("m1", "answered", "2026-03-02T09:00:00Z", "customer"),
        _message("m2", "answered", "2026-03-02T09:01:00Z", "agent", agent_id="robo"),
        _message("m3", "answered", "2026-03-02T09:10:00Z", "agent", agent_id="kim"),
        _message("m4", "pigeon", "2026-03-02T09:00:00Z", "customer"),
        _message("m5", "twin", "2026-03-02T09:20:00Z", "customer"),
    )
    nights.drop("desk/surveys/1", _survey("better", 3, **told), _survey("worse", 2, **told))
    nights.drop("desk/orders/1", _order("o1", **told))


def _drop_the_second_night(nights: DropNights) -> None:
    told = {"updated_at": "2026-03-03T12:00:00Z"}
    nights.drop(
        "desk/tickets/2",
        _ticket("new", **told),
        _ticket("answered", **told, topic="refund"),
        _ticket("doomed", **told, deleted=True),
        _ticket("twin", **told, merged_into_ticket_id="answered"),
        # Older than what is known, so that it changes nothing.
        _ticket("pigeon", updated_at="2026-03-02T11:00:00Z", is_spam=True),
    )
    nights.drop(
        "desk/surveys/2",
        _survey("better", 5, **told),
        # The first answer, which comes after the second one.
        _survey("worse", 4, updated_at="2026-03-02T11:00:00Z"),
    )
    nights.drop("desk/agents/2", {"agent_id": "robo", "role": "bot"})


def _ticket(ticket_id: str, **more: Any) -> Record:
    return {
        "ticket_id": ticket_id,
        "created_at": "2026-03-02T09:00:00Z",
        "status": "open",
        "channel": "email",
        "opened_by": "customer",
        "customer_id": "c",
        "topic": "delivery",
        **more,
    }


def _message(message_id: str, ticket_id: str, at: str, sender: str, **more: Any) -> Record:
    return {
        "message_id": message_id,
        "ticket_id": ticket_id,
        "sent_at": at,
        "sender": sender,
        "is_public": True,
        **more,
    }


def _survey(survey_id: str, score: int, **more: Any) -> Record:
    return {
        "survey_id": survey_id,
        "kind": "csat",
        "sent_at": "2026-03-02T10:00:00Z",
        "responded_at": "2026-03-02T10:30:00Z",
        "score": score,
        **more,
    }


def _order(order_id: str, **more: Any) -> Record:
    return {
        "order_id": order_id,
        "customer_id": "c",
        "created_at": "2026-02-02T10:00:00Z",
        "currency": "KRW",
        "total": "100",
        **more,
    }


def test_each_night_is_what_a_build_from_scratch_says(told: Told) -> None:
    assert told.differences == {SECOND: [], THIRD: []}


def test_each_change_is_in_the_facts_of_its_night(told: Told) -> None:
    first = {
        "tickets": dict.fromkeys(("answered", "pigeon", "doomed", "twin"), "counts"),
        "topic": "delivery",
        # The person that robo was taken for answered after a minute.
        "first_response": 60,
        "channel": "unmapped",
        "is_unanswered": False,
        "scores": {"better": "3 same", "worse": "2 same"},
    }
    second = first | {
        "tickets": {
            "answered": "counts",
            "pigeon": "counts",
            "new": "counts",
            "doomed": "deleted",
            "twin": "merged",
        },
        "topic": "refund",
        # robo is a bot, and was one then; kim answered after ten minutes.
        "first_response": 600,
        "scores": {"better": "5 up", "worse": "2 down"},
    }
    third = second | {"is_unanswered": True}
    changed_model = {name: why for name, why in third["tickets"].items() if name != "new"}
    fourth = third | {"channel": "kakaotalk", "tickets": changed_model}
    assert told.facts == {FIRST: first, SECOND: second, THIRD: third, FOURTH: fourth}


def test_a_typed_file_is_a_function_of_its_load_alone(told: Told) -> None:
    """Whether it was made among two nights' loads or as each landed, byte for byte."""
    # Five streams landed something on the first night, three of them on the second.
    assert len(told.kept) == 8
    assert told.kept == told.made_anew


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- make rebuild


@pytest.fixture(scope="module")
def published(told: Told) -> Iterator[DropNights]:
    nights = told.nights
    # No guard withholds a figure of this shop, so none has to run.
    publish(
        nights.home,
        as_of=FOURTH,
        code_version="a test",
        spec_fingerprint="a test",
        kpi_fingerprints={},
        verdict=Verdict(run=0, failed=0),
    )
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("STELLAR_HOME", str(nights.home.root))
        monkeypatch.setenv("STELLAR_SHOP", str(nights.root / "shop.yml"))
        yield nights


def test_make_rebuild_agrees_with_what_a_night_published(
    published: DropNights, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published.home.kpi_file.read_bytes()
    status = rebuild.main()
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"rebuilding build {_build_id(published.home.kpi_file)} as of 2026-03-21 18:00:00 UTC",
        "the marts agree with a rebuild",
    ]
    assert status == 0
    assert published.home.kpi_file.read_bytes() == before


def test_a_comparison_names_the_table_and_the_rows_that_were_tampered_with(
    published: DropNights, tmp_path: Path
) -> None:
    copy = _tampered(published.home.kpi_file, tmp_path)
    table, published_row, other_table, rebuilt_row = rebuild.compare(
        copy, published.home.build_file
    )
    assert table.startswith("facts.dim_agents: 1 rows are published and not rebuilt")
    assert other_table.startswith("facts.dim_agents: 1 rows are rebuilt and not published")
    assert "'robo'" in published_row
    assert "'lead'" in published_row
    assert "'bot'" in rebuilt_row


@pytest.mark.long
def test_make_rebuild_fails_where_the_published_file_was_tampered_with(
    published: DropNights,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "var"
    shutil.copytree(published.home.root, home, ignore=shutil.ignore_patterns("dbt", "lock"))
    _tampered(published.home.kpi_file, home / "serving")
    monkeypatch.setenv("STELLAR_HOME", str(home))
    assert rebuild.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[-5::2]] == [
        "facts.dim_agents",
        "facts.dim_agents",
        "the marts DIFFER from a rebuild",
    ]


def _tampered(kpi_file: Path, folder: Path) -> Path:
    copy = Path(shutil.copy(kpi_file, folder))
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update facts.dim_agents set role = 'lead' where agent_id = 'robo'")
    return copy


def _build_id(kpi_file: Path) -> str:
    with duckdb.connect(str(kpi_file), read_only=True) as connection:
        [(build_id,)] = connection.execute("select build_id from marts.publish_manifest").fetchall()
    return str(build_id)


# ---- nights at random


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DropNights]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield DropNights(tmp_path_factory.mktemp("nights"), monkeypatch)


CHANGED_MODELS = {
    "typed_files__messages": ("from records\n", "from records where record_id not like '%3'\n"),
    "typed_files__surveys": ("from records\n", "from records where record_id not like '%1'\n"),
    "stg_files__tickets": ("described.is_spam,", "not described.is_spam as is_spam,"),
}


@dataclass(frozen=True)
class Between:
    """What happens before a night: files, people's second thoughts, or nothing but time."""

    hours: int
    has_files: bool = True
    bots: frozenset[str] = frozenset()
    settings: Mapping[str, int] = field(default_factory=dict)
    channel: str | None = None
    model: str | None = None


BETWEENS = st.builds(
    Between,
    hours=st.integers(1, 1000),
    has_files=st.booleans(),
    bots=st.frozensets(st.sampled_from(["kim", "lee", "robo"]), max_size=2),
    settings=st.dictionaries(
        st.sampled_from(["unanswered_days", "active_days", "rateable_n"]), st.integers(1, 60)
    ),
    channel=st.sampled_from([None, "email", "forum"]),
    model=st.sampled_from([None, *CHANGED_MODELS]),
)
AS_THEY_COME = settings(
    deadline=None,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@example(
    seed=7,
    betweens=[
        Between(
            hours=100,
            bots=frozenset({"kim"}),
            settings={"unanswered_days": 3},
            channel="forum",
            model="typed_files__surveys",
        )
    ],
)
@settings(AS_THEY_COME, phases=[Phase.explicit])
@given(seed=st.integers(0), betweens=st.lists(BETWEENS))
def test_a_random_night_is_what_a_build_from_scratch_says(
    nights: DropNights, seed: int, betweens: Sequence[Between]
) -> None:
    _hold_to_builds_from_scratch(nights, seed, betweens)


@pytest.mark.long
@AS_THEY_COME
@given(seed=st.integers(0, 10_000), betweens=st.lists(BETWEENS, min_size=1, max_size=4))
def test_random_nights_are_what_builds_from_scratch_say(
    nights: DropNights, seed: int, betweens: Sequence[Between]
) -> None:
    _hold_to_builds_from_scratch(nights, seed, betweens)


def _hold_to_builds_from_scratch(
    nights: DropNights, seed: int, betweens: Sequence[Between]
) -> None:
    nights.begin()
    nasty = _over_loads(nasty_shop(seed, tickets=20), 1 + len(betweens))
    write_shop_file(nasty, nights.root, PROJECT_ROOT / "seeds")
    as_of = nasty.shop.as_of - timedelta(hours=sum(between.hours for between in betweens))
    write_drops(nasty, nights.root, 1)
    nights.land(as_of)
    nights.build(as_of)
    waiting: list[int] = []
    for load, between in enumerate(betweens, 2):
        as_of += timedelta(hours=between.hours)
        waiting.append(load)
        while between.has_files and waiting:
            write_drops(nasty, nights.root, waiting.pop())
        _change_minds(nights, nasty, load, between)
        assert not nights.land(as_of).lost
        plan = nights.build(as_of)
        folder = nights.root / "scratch" / str(load)
        assert nights.differences_from_scratch(plan, as_of, folder) == []


def _over_loads(nasty: NastyShop, loads: int) -> NastyShop:
    """Spread the versions of a shop's records over loads, so that an older one may come later."""
    dice = random.Random(nasty.seed)  # noqa: S311
    records = {
        entity: [version | {"load": dice.randint(1, loads)} for version in versions]
        for entity, versions in nasty.shop.records.items()
    }
    return replace(nasty, shop=replace(nasty.shop, records=records))


def _change_minds(nights: DropNights, nasty: NastyShop, load: int, between: Between) -> None:
    for source in nasty.sources:
        for bot in sorted(between.bots):
            file = f"{source.name}/agents/{load}-{bot}-is-a-bot"
            nights.drop(file, {"agent_id": bot, "role": "bot"})
    own = nights.root / "seeds" / "settings.csv"
    for name, value in between.settings.items():
        own.write_text(re.sub(rf"(?m)^{name},\d+", f"{name},{value}", own.read_text()))
    if between.channel:
        _map_channel(nights, f"{nasty.sources[0].name},pigeon,{between.channel}")
    if between.model:
        nights.change_model(between.model, *CHANGED_MODELS[between.model])


def _map_channel(nights: DropNights, row: str) -> None:
    """Give the shop a channel map of its own: the project's, and one row more."""
    project = (PROJECT_ROOT / "seeds" / "channel_map.csv").read_text()
    (nights.root / "seeds" / "channel_map.csv").write_text(f"{project}{row}\n")


# ---- full drops


def test_what_a_full_drop_leaves_out_is_gone_from_the_facts_until_it_is_told_again(
    nights: DropNights, tmp_path: Path
) -> None:
    nights.begin()
    nights.describe(SEOUL, ["desk"])
    shop = nights.root / "shop.yml"
    shop.write_text(shop.read_text().replace("folder: desk", "folder: desk, mapping: mapping.yml"))
    (nights.root / "mapping.yml").write_text(
        "entities:\n"
        "  tickets: {files: 'tickets/*', drop: full}\n"
        "  orders: {files: 'orders/*', drop: full}\n"
    )
    tickets = [_ticket(f"t{n}", updated_at="2026-03-02T12:00:00Z") for n in range(5)]
    orders = [_order(f"o{n}") for n in range(5)]
    known = []
    for night, (as_of, told) in enumerate([(FIRST, 5), (SECOND, 4), (THIRD, 5)], 1):
        nights.drop(f"desk/tickets/{night}", *tickets[:told])
        nights.drop(f"desk/orders/{night}", *orders[:told])
        assert not nights.land(as_of).lost
        plan = nights.build(as_of)
        known += _query(
            nights,
            "select (select count(*) from facts.fct_tickets where exclusion_reason is null),"
            " (select count(*) from facts.fct_tickets where exclusion_reason = 'deleted'),"
            " (select count(*) from facts.fct_orders)",
        )

    assert known == [(5, 0, 5), (4, 1, 4), (5, 0, 5)]
    assert nights.differences_from_scratch(plan, THIRD, tmp_path / "scratch") == []


# ---- nights on which some streams cannot be read

BEFORE, BROKEN, AFTER = (
    datetime(2026, 2, 27, 18, tzinfo=UTC),
    datetime(2026, 2, 28, 18, tzinfo=UTC),
    datetime(2026, 3, 1, 18, tzinfo=UTC),
)
"""Three in the morning in Seoul; with the second of them February is over there."""


def test_a_kpi_stops_where_a_stream_that_it_needs_failed_and_catches_up_the_next_night(
    nights: DropNights, tmp_path: Path
) -> None:
    _open_the_shop(nights)
    nights.land(BEFORE)
    _drop_the_last_of_february(nights)
    nights.land(BROKEN)
    nights.land(AFTER)
    nights.build(AFTER)
    unbroken = Path(shutil.copy(nights.home.build_file, tmp_path / "unbroken.duckdb"))

    _open_the_shop(nights)
    assert not nights.land(BEFORE).lost
    plan = nights.prepare()
    _drop_the_last_of_february(nights)
    misplaced = [_survey(f"misplaced {n}", 77) for n in range(11)]
    nights.drop("desk/surveys/2", *ANSWERED_LAST, *misplaced)
    orders = nights.root / "store" / "orders"
    away = orders.rename(nights.root / "store" / "_orders")
    night = nights.land(BROKEN, plan)
    assert set(night.lost) == {("desk", "surveys"), ("store", "orders")}
    assert cut(plan, night) == BROKEN
    nights.build(BROKEN)
    assert _late_streams(nights) == [("desk", "surveys"), ("store", "orders")]
    assert _periods(nights) == {
        # Tickets and messages went on: the reply of the last day took five minutes.
        ("first_response_time", "day 2026-02-27"): (True, 0, None),
        ("first_response_time", "day 2026-02-28"): (True, 1, 300),
        ("first_response_time", "month 2026-02-01"): (True, 2, 450),
        # Surveys were last read when the 28th had begun.
        ("csat_score", "day 2026-02-27"): (True, 1, 100),
        ("csat_score", "day 2026-02-28"): (False, 0, None),
        ("csat_score", "month 2026-02-01"): (False, 1, 100),
        ("retention_rate", "month 2026-02-01"): (False, 0, None),
    }

    away.rename(orders)
    nights.drop("desk/surveys/2", *ANSWERED_LAST)
    night = nights.land(AFTER)
    assert not night.lost
    nights.build(AFTER)
    assert _late_streams(nights) == []
    assert list(rebuild.compare(nights.home.build_file, unbroken)) == []


def test_a_source_that_is_taken_out_of_the_shop_holds_no_figure_back_and_keeps_its_records(
    nights: DropNights,
) -> None:
    nights.begin()
    nights.describe(SEOUL, ["desk", "store"])
    told = {"sent_at": "2026-02-26T04:00:00Z", "responded_at": "2026-02-27T05:00:00Z"}
    nights.drop("desk/surveys/1", _survey("s1", 5, **told))
    nights.drop("store/surveys/1", _survey("s1", 1, **told))
    nights.land(BEFORE)
    nights.drop("desk/surveys/2", *ANSWERED_LAST)
    shop = (nights.root / "shop.yml").read_text()
    (nights.root / "shop.yml").write_text(shop.replace("  - {name: store", "#"))
    nights.land(BROKEN)

    nights.build(BROKEN)

    periods = _periods(nights)
    assert periods["csat_score", "day 2026-02-27"] == (True, 2, 50)
    assert periods["csat_score", "day 2026-02-28"] == (True, 1, 0)
    assert _late_streams(nights) == [("store", "surveys")]


def test_a_typed_copy_that_a_power_cut_may_have_torn_is_made_anew(
    nights: DropNights, tmp_path: Path
) -> None:
    _open_the_shop(nights)
    nights.land(BEFORE)
    nights.build(BEFORE)
    record = nights.home.typed.with_name("typed.json")
    whole, told = _contents(nights.home.typed), record.read_text()
    _drop_the_last_of_february(nights)
    nights.land(BROKEN)
    plan = nights.build(BROKEN)
    unbroken = Path(shutil.copy(nights.home.build_file, tmp_path / "unbroken.duckdb"))
    for path in nights.home.typed.iterdir():
        if path.name not in whole:
            path.write_bytes(b"PAR1")
    record.write_text(told)

    nights.build(BROKEN)

    assert _contents(nights.home.typed).items() > whole.items()
    assert list(rebuild.compare(plan.home.build_file, unbroken)) == []


ANSWERED_LAST = [
    _survey("s2", 1, sent_at="2026-02-28T04:00:00Z", responded_at="2026-02-28T05:00:00Z")
]


def _open_the_shop(nights: DropNights) -> None:
    nights.begin()
    nights.describe(SEOUL, ["desk", "store"])
    nights.drop("desk/tickets/1", _ticket("a", created_at="2026-02-20T09:00:00Z"))
    nights.drop(
        "desk/messages/1",
        _message("a1", "a", "2026-02-20T09:00:00Z", "customer"),
        _message("a2", "a", "2026-02-20T09:10:00Z", "agent"),
    )
    nights.drop(
        "desk/surveys/1",
        _survey("s1", 5, sent_at="2026-02-26T04:00:00Z", responded_at="2026-02-27T05:00:00Z"),
    )
    nights.drop("store/orders/1", _order("o1"))


def _drop_the_last_of_february(nights: DropNights) -> None:
    nights.drop("desk/tickets/2", _ticket("b", created_at="2026-02-28T02:00:00Z"))
    nights.drop(
        "desk/messages/2",
        _message("b1", "b", "2026-02-28T02:00:00Z", "customer"),
        _message("b2", "b", "2026-02-28T02:05:00Z", "agent"),
    )
    nights.drop("desk/surveys/2", *ANSWERED_LAST)
    nights.drop("store/orders/2", _order("o2", created_at="2026-02-28T03:00:00Z"))


def _late_streams(nights: DropNights) -> list[tuple[str, str]]:
    return _query(
        nights, "select source, stream from marts.data_quality where is_late order by all"
    )


def _periods(nights: DropNights) -> dict[tuple[str, str], tuple[bool, int, float | None]]:
    rows = _query(
        nights,
        """
        select kpi_id, period_grain || ' ' || period_start, is_complete, n, value
        from marts.kpi_values
        where
            kpi_id in ('first_response_time', 'csat_score', 'retention_rate')
            and statistic in ('mean', 'value')
            and channel = 'all'
            and slice = 'all'
            and (period_grain, period_start) in (
                ('day', date '2026-02-27'), ('day', date '2026-02-28'), ('month', date '2026-02-01')
            )
        """,
    )
    return {(kpi, period): tuple(figures) for kpi, period, *figures in rows}


def _query(nights: DropNights, sql: str) -> list[Any]:
    with duckdb.connect(str(nights.home.build_file), read_only=True) as connection:
        return connection.execute(sql).fetchall()
