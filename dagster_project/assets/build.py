"""What dbt builds: one invocation for all models, each of them an asset and each test a check."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from dagster_project import typed
from dagster_project.landing.balance import balances
from dagster_project.landing.zone import LandingZone
from dagster_project.night import ONLY_WHOLE, Night, NightError, Plan


def build_assets(plan: Plan) -> dg.AssetsDefinition:
    """Return the models of the project as one step."""
    manifest = plan.transform.target / "manifest.json"

    @dbt_assets(manifest=manifest, name="build")  # type: ignore[untyped-decorator]
    def build(context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]) -> Iterator[Any]:
        events: list[dict[str, Any]] = []
        try:
            with night.step("build"):
                if context.is_subset:
                    raise NightError(ONLY_WHOLE)
                tell_missing(plan, night)
                night.as_of = cut(plan, night)
                account_for_every_record(LandingZone(plan.home.lake))
                night.say(f"build  the marts as of {night.as_of:%Y-%m-%d %H:%M:%S} UTC")
                night.built = plan.transform.build(
                    plan.manifest, as_of=night.as_of, listener=events.append
                )
                typed.prune(plan.transform.build_file, plan.transform.typed)
        finally:
            translator = DagsterDbtTranslator()
            for event in events:
                yield from DbtCoreCliEventMessage(
                    raw_event=event, event_history_metadata={}
                ).to_default_asset_events(manifest, translator, context)

    assets: dg.AssetsDefinition = build
    return assets


def account_for_every_record(zone: LandingZone) -> None:
    """Hold what each source gave against what the landing zone has.

    Raises:
        NightError: Where records are lost or doubled.
    """
    off = [
        f"{each.source}.{each.stream}: {each.received:,} records received, but {each.landed:,}"
        f" landed, {each.unchanged:,} unchanged and {each.quarantined:,} quarantined"
        for each in balances(zone)
        if each.missing
    ]
    if off:
        raise NightError(
            "The landing zone does not hold what its manifests say. Were files below lake/ moved"
            " or removed? Bring them back, then run the night again. " + "; ".join(off)
        )


def tell_missing(plan: Plan, night: Night) -> None:
    """Say which streams of the shop's sources have landed once and are brought no more."""
    zone = LandingZone(plan.home.lake)
    sources = {source.name for source in plan.shop.sources}
    brought = {(source.name, stream.name) for source, stream in plan.streams}
    for source, stream in zone.streams():
        newest = zone.newest(source, stream)
        if newest is None or source not in sources or (source, stream) in brought:
            continue
        through = newest.complete_through
        reason = (
            f"{source}.{stream}: its source has no folder (or no place in its mapping) for it any"
            f" more, so its figures stop at {through or newest.extracted_at:%Y-%m-%d %H:%M} UTC."
            " Bring it back; an empty folder says that nothing more will come"
        )
        night.lost[source, stream] = reason
        night.say(f"land   MISSING {reason}")


def cut(plan: Plan, night: Night) -> datetime:
    """Return tonight's as_of: the shop's own, or how far the least loaded stream is complete.

    A stream that failed tonight does not hold the others back.

    Raises:
        NightError: Where a stream has never been landed, or none was tonight.
    """
    if not plan.streams:
        raise NightError(
            f"The sources of {plan.shop.name} have nothing to offer yet: a files source needs a"
            " folder for each entity (tickets, messages, ...) with files in it."
        )
    zone = LandingZone(plan.home.lake)
    never = [
        reason
        for (source, stream), reason in night.lost.items()
        if zone.newest(source, stream) is None
    ]
    if never:
        raise NightError("A stream has never been landed yet. " + " ".join(never))
    landed = [each.load for key, each in night.landed.items() if key not in night.lost]
    if not landed:
        raise NightError("No stream could be landed tonight. " + " ".join(night.lost.values()))
    known = [load.complete_through for load in landed if load.complete_through is not None]
    if plan.shop.as_of is not None:
        return plan.shop.as_of
    if not known:
        raise NightError("No stream says how far it is complete; give the shop file an `as_of`.")
    return min(known)
