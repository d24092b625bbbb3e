"""A build file with four tickets and one KPI in it, its figures worked out by hand.

Seoul is nine hours ahead of UTC, so the second ticket, of 16:00 UTC on 5 January, is one of the
6th. The shop's life runs from 5 January (a Monday) to the stroke with which the 15th begins.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from expectations.catalogue import KpiDefinition
from expectations.conservation import FACT_OF_ENTITY

AS_OF = datetime(2026, 1, 14, 15, tzinfo=UTC)
TIMEZONE = "Asia/Seoul"

DEFINITION: dict[str, Any] = {
    "id": "answered_rate",
    "kind": "ratio",
    "label": {"en": "Answered", "ko": "응답률"},
    "question": "How many tickets are answered?",
    "definition": "The share of the tickets that are answered.",
    "counts": "All tickets.",
    "leaves_out": "Nothing.",
    "numerator": "answered tickets",
    "denominator": "tickets",
    "unit": "percent",
    "better": "higher",
    "attributed_to": "ticket created_at",
    "matures_after": "2d",
    "needs": ["tickets"],
    "slices": ["team"],
    "document": "A document",
    "section": "KPI 0",
    "status": "settled",
    "owner": "Head of support",
    "bounds": {"at_least": 0, "at_most": 100},
    "second_way": {
        "records": "select created_at as at, channel, first_response_seconds as wait"
        " from facts.fct_tickets",
        "numerator": "wait.notnull()",
        "denominator": "1",
    },
    "example": {
        "text": "Three of four tickets are answered: 75 %.",
        "rows": {
            "facts.fct_tickets": [
                {"repeat": 3, "ticket_id": "{n}", "first_response_seconds": 60},
                {"ticket_id": "4"},
            ]
        },
        "gives": {"value": 75},
    },
    "mutants": [{"name": f"slip {n}", "replace": "one", "by": "other"} for n in range(3)],
}

TICKETS = [
    ("1", datetime(2026, 1, 5, 1), "email", "red", 60),
    ("2", datetime(2026, 1, 5, 16), "email", "red", None),
    ("3", datetime(2026, 1, 6, 3), "chat", "blue", 120),
    ("4", datetime(2026, 1, 13, 3), "email", None, 300),
]

ANSWERED_OF_TICKETS = {
    ("day", "2026-01-05"): {"all": (1, 1), "email": (1, 1)},
    ("day", "2026-01-06"): {"all": (1, 2), "email": (0, 1), "chat": (1, 1)},
    ("day", "2026-01-13"): {"all": (1, 1), "email": (1, 1)},
    ("week", "2026-01-05"): {"all": (2, 3), "email": (1, 2), "chat": (1, 1)},
    ("week", "2026-01-12"): {"all": (1, 1), "email": (1, 1)},
    ("month", "2026-01-01"): {"all": (3, 4), "email": (2, 3), "chat": (1, 1)},
    ("quarter", "2026-01-01"): {"all": (3, 4), "email": (2, 3), "chat": (1, 1)},
    ("year", "2026-01-01"): {"all": (3, 4), "email": (2, 3), "chat": (1, 1)},
}
"""Answered and all tickets of the periods and channels that have any."""

ANSWERED_OF_TEAMS = {"red": (1, 2), "blue": (1, 1)}
"""The same for the teams, in January as in the quarter and the year."""

RATEABLE_N = 2
DAYS = [f"2026-01-{day:02}" for day in range(5, 16)]
PERIODS = [("day", day) for day in DAYS] + [key for key in ANSWERED_OF_TICKETS if key[0] != "day"]
MATURE = [("day", day) for day in DAYS[:-3]] + [("week", "2026-01-05")]
COMPLETE = [("day", day) for day in DAYS[:-1]] + [("week", "2026-01-05")]


def definition(**changes: Any) -> KpiDefinition:
    """Return the definition, with some keys changed."""
    return KpiDefinition.model_validate(DEFINITION | changes)


def small_build() -> duckdb.DuckDBPyConnection:
    """Return a build in memory whose KPI is right in every way."""
    connection = duckdb.connect()
    connection.execute(
        """
        set timezone = 'UTC';
        create schema facts;
        create schema marts;
        create schema seeds;
        create schema entities;
        create table facts.fct_tickets (
            source varchar default 'desk',
            ticket_id varchar,
            created_at timestamp,
            channel varchar,
            team_id varchar,
            first_response_seconds bigint,
            exclusion_reason varchar
        );
        create table marts.data_quality (
            source varchar,
            stream varchar,
            landed bigint,
            newest bigint,
            superseded bigint,
            unchanged bigint,
            quarantined bigint,
            excluded_by_reason varchar
        );
        create table seeds.settings (name varchar, value varchar);
        create table seeds.guard_waivers (
            kpi_id varchar, rule varchar, until date, who varchar, why varchar
        );
        create table entities.int_streams (
            stream varchar,
            complete_through timestamp,
            source varchar default 'desk',
            vendor_stream varchar default 'tickets',
            records bigint
        );
        create table marts.kpi_values (
            kpi_id varchar,
            period_grain varchar,
            period_start date,
            channel varchar,
            slice varchar,
            slice_value varchar,
            statistic varchar,
            numerator double,
            denominator double,
            value double,
            n bigint,
            unit varchar,
            is_complete boolean,
            is_mature boolean,
            is_rateable boolean,
            n_pending bigint,
            withheld_reason varchar
        );
        create table marts.kpi_latest (
            kpi_id varchar,
            week_value double,
            week_before_value double,
            week_change double,
            week_change_percent double,
            week_trend varchar,
            month_value double,
            month_before_value double,
            month_change double,
            month_change_percent double,
            month_trend varchar,
            goal_status varchar,
            withheld_reason varchar
        );
        insert into marts.kpi_latest values
        ('answered_rate', 50, 40, 10, null, 'better', 75, 80, -5, null, 'worse', 'met', null);
        create table marts.deviations (kpi_id varchar, channel varchar);
        create table marts.goal_progress (
            goal_id varchar,
            kpi_id varchar,
            period_start date,
            n bigint,
            current double,
            progress_ratio double,
            status varchar,
            reason varchar
        );
        """
    )
    connection.execute(
        """
        insert into seeds.settings values
            ('rateable_n', ?),
            ('revision_warn_percent', '2'),
            ('revision_block_percent', '20'),
            ('revision_grace_days', '6')
        """,
        [str(RATEABLE_N)],
    )
    connection.execute(
        "insert into entities.int_streams (stream, complete_through, records) values (?, ?, ?)",
        ["tickets", AS_OF.replace(tzinfo=None) + timedelta(hours=1), len(TICKETS)],
    )
    connection.executemany(
        "insert into facts.fct_tickets values ('desk', ?, ?, ?, ?, ?, null)", TICKETS
    )
    connection.execute(
        """
        -- Seven were read: one was broken, one came twice, and of one two versions were kept.
        insert into marts.data_quality values ('desk', 'tickets', 7, 4, 1, 1, 1, null);
        """
    )
    for entity, fact in FACT_OF_ENTITY.items():
        if entity != "tickets":
            connection.execute(
                f"create table facts.{fact} (source varchar, exclusion_reason varchar)"
            )
    for grain, start in PERIODS:
        figures = ANSWERED_OF_TICKETS.get((grain, start), {})
        for channel in ("all", "email", "chat"):
            _publish(connection, grain, start, channel, "all", "all", figures.get(channel, (0, 0)))
        if grain in ("month", "quarter", "year"):
            for team, figure in ANSWERED_OF_TEAMS.items():
                _publish(connection, grain, start, "all", "team", team, figure)
    return connection


def _publish(
    connection: duckdb.DuckDBPyConnection,
    grain: str,
    start: str,
    channel: str,
    slice_: str,
    slice_value: str,
    figure: tuple[int, int],
) -> None:
    answered, tickets = figure
    connection.execute(
        """
        insert into marts.kpi_values values (
            'answered_rate', ?, ?, ?, ?, ?, 'value', ?, ?, ?, ?, 'percent', ?, ?, ?, 0, null
        )
        """,
        [
            grain,
            start,
            channel,
            slice_,
            slice_value,
            answered,
            tickets,
            100 * answered / tickets if tickets else None,
            tickets,
            (grain, start) in COMPLETE,
            (grain, start) in MATURE,
            tickets >= RATEABLE_N,
        ],
    )
