"""One shop whose exports hold everything that goes wrong in exports; what became of each of them.

Each fault is refused with its source, record, field and remedy, or counted where it belongs; what
stands beside it in the same file goes on as if it were not there.
"""

import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import duckdb
import pytest

from dagster_project.assets.build import cut
from dagster_project.assets.landing import land
from dagster_project.home import Home
from dagster_project.landing import __main__ as quarantine
from dagster_project.landing.balance import balances
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Night, Plan
from dagster_project.shop import Shop
from expectations import conservation

LONG_AGO = 1_600_000_000

LONG = "가" * 20_000
"""60 kB in UTF-8."""

SHOP = """\
name: Spoilt
reporting_timezone: Europe/Madrid
currency: EUR
pii: keep
as_of: 2026-04-01T00:00:00Z
sources:
  - {name: desk, kind: files, folder: desk, timezone: Europe/Madrid}
  - {name: ventas, kind: files, folder: ventas, mapping: ventas.yml, timezone: Europe/Madrid}
"""

VENTAS = """\
files: '*.csv'
read: {delimiter: ;}
entities:
  orders:
    rename: {order_id: Pedido, created_at: Fecha, total: Importe}
    constants: {currency: EUR}
    dates: '%d/%m/%Y %H:%M'
    decimal_comma: true
"""

TICKETS = f"""\
ticket_id,created_at,status,channel,opened_by,closed_at,brand,topic,floor
plain,2026-03-02T10:00:00Z,closed,email,customer,2026-03-02T11:00:00Z,,,3
,2026-03-02T10:00:00Z,open,email,customer,,,,
lost,2026-03-02T10:00:00Z,lost,email,customer,,,,
pigeon,2026-03-02T10:00:00Z,open,pigeon,customer,,,,
no day,31/02/2026 10:00,open,email,customer,,,,
backward,2026-03-02T10:00:00Z,closed,email,customer,2026-03-01T10:00:00Z,,,
future,2099-01-01T00:00:00Z,open,email,customer,,,,
winter,2026-03-29 01:30:00,open,email,customer,,,,
skipped,2026-03-29 02:30:00,open,email,customer,,,,
summer,2026-03-29 03:30:00,open,email,customer,,,,
seoul,2026-03-29T10:30:00+09:00,open,email,customer,,,,
long,2026-03-02T10:00:00Z,open,email,customer,,{LONG},,
\N{GRINNING FACE},2026-03-02T10:00:00Z,open,email,customer,,,nul \x00 inside,
"""

FILES = {
    "desk/tickets/1.csv": TICKETS,
    "desk/tickets/2 without a status.csv": "ticket_id,created_at,channel,opened_by\n9,x,y,z\n",
    "desk/tickets/3 empty.csv": "",
    "desk/tickets/4 a header.csv": "ticket_id,created_at,status,channel,opened_by\n",
    "desk/messages/1.csv": (
        "message_id,ticket_id,sent_at,sender,is_public,body\n"
        "m1,plain,2026-03-02T10:00:00Z,customer,true,\n"
        f"m2,plain,2026-03-02T10:05:00Z,agent,true,{LONG}\n"
        "m3,no such ticket,2026-03-02T10:00:00Z,customer,true,\n"
    ),
    "desk/surveys/1.csv": (
        "survey_id,kind,sent_at,responded_at,score\n"
        "eleven,nps,2026-03-02T10:00:00Z,2026-03-02T11:00:00Z,11\n"
        "ten,nps,2026-03-02T10:00:00Z,2026-03-02T11:00:00Z,10\n"
    ),
    "desk/live_contacts/1.csv": (
        "contact_id,kind,started_at,ended_at,outcome\n"
        "backward,call,2026-03-02T10:00:00Z,2026-03-02T09:00:00Z,answered\n"
        "forward,call,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,answered\n"
    ),
    "ventas/marzo.csv": (
        "\N{ZERO WIDTH NO-BREAK SPACE}Pedido;Fecha;Importe;Nota\r\n"
        'P-1;02/03/2026 09:30;1.234,50;"a; b"\r\n'
        "P-2;31/02/2026 09:30;8,00;\r\n"
        "P-3;02/03/2026 09:30;8.5;\r\n"
    ),
}


@dataclass(frozen=True)
class Spoilt:
    """What the night of the shop left: its landing zone, its marts, and what it printed."""

    plan: Plan
    night: Night
    printed: str
    refused: list[str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.plan.home.build_file), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def refusal(self, of: str) -> str:
        """Return the one line of the quarantine that names a record or a file."""
        (line,) = [line for line in self.refused if of in line]
        return line


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoilt]:
    root = tmp_path_factory.mktemp("spoilt")
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
        os.utime(path, (LONG_AGO, LONG_AGO))
    (root / "shop.yml").write_text(SHOP, encoding="utf-8")
    (root / "ventas.yml").write_text(VENTAS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("STELLAR_SHOP", str(root / "shop.yml"))
        monkeypatch.setenv("STELLAR_HOME", str(root / "var"))
        plan = Plan.prepare(Home(root / "var"), Shop.load(root / "shop.yml", {}))
        night = Night(plan.home, plan.shop)
        printed: list[str] = []
        monkeypatch.setattr(night, "say", printed.append)
        for source, stream in plan.streams:
            land(night, source, stream)
        plan.transform.build(plan.manifest, as_of=cut(plan, night))
        with redirect_stdout(StringIO()) as listed:
            quarantine.main(["quarantine", "list"])
        yield Spoilt(plan, night, "\n".join(printed), listed.getvalue().splitlines())


def test_nothing_is_lost(spoilt: Spoilt) -> None:
    assert spoilt.night.lost == {}
    assert [each.missing for each in balances(LandingZone(spoilt.plan.home.lake))] == [0] * 5
    with duckdb.connect(str(spoilt.plan.home.build_file), read_only=True) as connection:
        assert [breach for rule in conservation.RULES.values() for breach in rule(connection)] == []
    assert "desk.tickets: 10 new, 0 unchanged, 3 quarantined, 1 unreadable" in spoilt.printed
    assert spoilt.refused[-1] == "7 in quarantine"


def test_a_record_without_an_id_is_shown_instead(spoilt: Spoilt) -> None:
    assert spoilt.refusal("desk.tickets 00000001:1 ") == (
        'desk.tickets 00000001:1 record {"channel": "email", "created_at":'
        ' "2026-03-02T10:00:00.000000Z", "opened_by": "customer", "status": "open"}: ticket_id:'
        " is missing. Remedy: give it in the source; the record needs it"
    )


def test_a_status_that_is_none_is_refused(spoilt: Spoilt) -> None:
    assert spoilt.refusal("record lost") == (
        "desk.tickets 00000001:2 record lost: status: is not in the list of its values: lost."
        " Remedy: give one of closed, new, on_hold, open, pending, snoozed, solved, or map this"
        " word to one of them"
    )


def test_the_31st_of_february_is_refused(spoilt: Spoilt) -> None:
    assert spoilt.refusal("record no day") == (
        "desk.tickets 00000001:3 record no day: created_at: is not an instant: 31/02/2026 10:00."
        " Remedy: give ISO 8601 with an offset or Z, such as 2026-01-02T03:04:05Z"
    )
    assert "ventas.orders 00000001:1 record P-2: created_at: is not an instant: 31/02/2026" in (
        spoilt.refusal("P-2")
    )


def test_a_score_of_eleven_is_refused(spoilt: Spoilt) -> None:
    assert spoilt.refusal("record eleven") == (
        "desk.surveys 00000001:1 record eleven: score: is outside the scale of kind nps: 11."
        " Remedy: give a number from 0 to 10"
    )
    assert spoilt.rows("select survey_id from facts.fct_survey_responses") == [("ten",)]


def test_a_file_that_lacks_a_column_is_refused_and_the_others_are_read(spoilt: Spoilt) -> None:
    assert spoilt.refusal("2 without a status") == (
        "desk.tickets 00000001:4: tickets/2 without a status.csv: has no column status, without"
        " which no record is one of tickets; add it, or describe the file by a mapping."
        " Remedy: mend it in the source; it is read again"
    )


def test_a_column_that_nobody_knows_is_kept(spoilt: Spoilt) -> None:
    parts = LandingZone(spoilt.plan.home.lake).parts("desk", "tickets")
    found = duckdb.execute(
        "select json_extract_string(payload, '$.extra.floor') from read_parquet($parts)"
        " where record_id = 'plain'",
        {"parts": parts},
    ).fetchall()

    assert found == [("3",)]


def test_a_channel_that_no_seed_maps_counts_in_all_and_is_told_with_its_line(
    spoilt: Spoilt,
) -> None:
    """Nine tickets of March, of which eight came by e-mail."""
    counted = spoilt.rows(
        """
        select channel, n
        from marts.kpi_values
        where
            kpi_id = 'one_touch_resolution_rate'
            and period_grain = 'month'
            and period_start = '2026-03-01'
            and slice = 'all'
        order by channel
        """
    )

    assert counted == [("all", 9), ("email", 8)]
    assert spoilt.rows(
        "select unmapped_values, seed_lines from marts.data_quality where stream = 'tickets'"
    ) == [("pigeon", "seeds/channel_map.csv: desk,pigeon,")]


def test_a_ticket_that_was_closed_before_it_was_written_has_no_resolution(spoilt: Spoilt) -> None:
    assert spoilt.rows(
        "select ticket_id, resolution_seconds from facts.fct_tickets where is_closed_now"
        " order by ticket_id"
    ) == [("backward", None), ("plain", 3600)]
    assert spoilt.rows(
        """
        select numerator, denominator
        from marts.kpi_values
        where
            kpi_id = 'average_resolution_time'
            and statistic = 'mean'
            and period_grain = 'month'
            and period_start = '2026-03-01'
            and channel = 'all'
            and slice = 'all'
        """
    ) == [(3600, 1)]
    assert spoilt.rows(
        "select stream, backward_spans from marts.data_quality where backward_spans > 0"
        " order by stream"
    ) == [("live_contacts", 1), ("tickets", 1)]


def test_a_record_of_2099_is_landed_and_not_there_yet(spoilt: Spoilt) -> None:
    assert spoilt.rows("select count(*) from staging.stg_files__tickets") == [(10,)]
    assert spoilt.rows("select * from facts.fct_tickets where ticket_id = 'future'") == []


def test_instants_of_several_zones_and_over_a_clock_change_are_told_apart(spoilt: Spoilt) -> None:
    """In Madrid the clocks went from 2:00 to 3:00 on 29 March 2026, at 1:00 UTC."""
    assert spoilt.rows(
        "select ticket_id, strftime(created_at, '%H:%M') from facts.fct_tickets"
        " where created_at between '2026-03-29' and '2026-03-30' order by ticket_id"
    ) == [("seoul", "01:30"), ("skipped", "01:30"), ("summer", "01:30"), ("winter", "00:30")]


def test_texts_of_50_kilobytes_signs_beyond_the_plane_and_nul_are_taken(spoilt: Spoilt) -> None:
    assert spoilt.rows(
        "select ticket_id, brand, topic from facts.fct_tickets"
        " where brand is not null or topic is not null order by ticket_id"
    ) == [
        ("long", LONG, None),
        ("\N{GRINNING FACE}", None, "nul \N{REPLACEMENT CHARACTER} inside"),
    ]


def test_a_message_without_its_ticket_waits_outside(spoilt: Spoilt) -> None:
    assert spoilt.rows(
        "select message_id, exclusion_reason from facts.fct_messages order by message_id"
    ) == [("m1", None), ("m2", None), ("m3", "no_ticket")]


def test_a_byte_order_mark_semicolons_and_decimal_commas_are_read_as_declared(
    spoilt: Spoilt,
) -> None:
    """Half past nine in Madrid was half past eight in UTC."""
    assert spoilt.rows(
        "select order_id, cast(total as varchar), cast(created_at as varchar) from facts.fct_orders"
    ) == [("P-1", "1234.5000", "2026-03-02 08:30:00")]
    assert spoilt.refusal("P-3") == (
        "ventas.orders 00000001:2 record P-3: total: is not a number: 8.5 (not in the form"
        " 1.234,50). Remedy: give a number"
    )
