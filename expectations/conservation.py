"""What must neither be lost nor doubled on the way from the landing zone to the facts."""

from collections.abc import Callable, Mapping

import duckdb
import great_expectations.expectations as gxe
import pandas as pd

from expectations.suites import Breach, Check, breaches

FACT_OF_ENTITY: Mapping[str, str] = {
    "tickets": "fct_tickets",
    "messages": "fct_messages",
    "surveys": "fct_survey_responses",
    "quality_reviews": "fct_quality_reviews",
    "live_contacts": "fct_live_contacts",
    "self_service_sessions": "fct_self_service_sessions",
    "orders": "fct_orders",
    "subscriptions": "fct_subscriptions",
    "web_visits": "fct_web_visits",
    "marketing_costs": "fct_marketing_costs",
    "support_costs": "fct_support_costs",
    "gestures": "fct_gestures",
    "forum_threads": "fct_forum_threads",
    "forum_posts": "fct_forum_posts",
}
"""The facts that hold one row for each record of an entity, excluded ones included."""


def _landed(connection: duckdb.DuckDBPyConnection) -> list[Breach]:
    frame = connection.execute(
        """
        select
            source,
            stream,
            landed,
            newest,
            superseded,
            unchanged,
            quarantined,
            newest + superseded + unchanged + quarantined as accounted_for
        from marts.data_quality
        """
    ).df()
    return _equal(
        frame,
        "landed",
        "accounted_for",
        "records landed are not newest + superseded + unchanged + quarantined",
    )


def _facts(connection: duckdb.DuckDBPyConnection) -> list[Breach]:
    facts = " union all ".join(
        f"select source, '{entity}' as entity from facts.{fact}"
        for entity, fact in FACT_OF_ENTITY.items()
    )
    frame = connection.execute(
        f"""
        with made as (
            select source, entity, count(*) as facts from ({facts}) group by all
        ),

        told as (
            select source, stream as entity, records
            from entities.int_streams
            where stream in {tuple(FACT_OF_ENTITY)}
        )

        select
            source,
            entity,
            coalesce(told.records, 0) as records,
            coalesce(made.facts, 0) as facts
        from told
        full join made using (source, entity)
        """
    ).df()
    return _equal(frame, "records", "facts", "there is not one fact for each record")


def _excluded(connection: duckdb.DuckDBPyConnection) -> list[Breach]:
    facts = " union all ".join(
        f"select source, exclusion_reason from facts.{fact}" for fact in FACT_OF_ENTITY.values()
    )
    frame = connection.execute(
        f"""
        with kept as (
            select
                source,
                count(*) as facts,
                count(*) filter (where exclusion_reason is null) as counted
            from ({facts})
            group by source
        ),

        told as (
            select
                source,
                sum(
                    list_sum(
                        cast(regexp_extract_all(excluded_by_reason, ': (\\d+)', 1) as bigint[])
                    )
                ) as excluded
            from marts.data_quality
            group by source
        )

        select
            source,
            facts,
            counted,
            cast(coalesce(excluded, 0) as bigint) as excluded,
            cast(counted + coalesce(excluded, 0) as bigint) as accounted_for
        from kept
        left join told using (source)
        """
    ).df()
    return _equal(
        frame, "facts", "accounted_for", "facts are not those that count + those excluded by reason"
    )


def _equal(frame: pd.DataFrame, one: str, other: str, says: str) -> list[Breach]:
    expectation = gxe.ExpectColumnPairValuesToBeEqual(column_A=one, column_B=other)
    return breaches(frame, [Check(expectation, says)])


RULES: Mapping[str, Callable[[duckdb.DuckDBPyConnection], list[Breach]]] = {
    "landed": _landed,
    "facts": _facts,
    "excluded": _excluded,
}
