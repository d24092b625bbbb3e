"""One asset for each kind of source and stream: its records as the source said them.

A stream that fails leaves its old load in place and lets the night go on; whether the night has
enough to go on with is decided in build.py.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields

import dagster as dg

from dagster_project.landing.commit import Limits
from dagster_project.landing.land import land_stream
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Night, Plan
from dagster_project.seeds import settings_of, text_rules_of
from dagster_project.sources.seam import Source, SourceError, Stream

Walk = tuple[Source, Stream]

CHECK = "landed_tonight"


def landing_assets(plan: Plan) -> list[dg.AssetsDefinition]:
    """Return an asset for each kind and stream of the shop."""
    walks: dict[tuple[str, str], list[Walk]] = defaultdict(list)
    for source, stream in plan.streams:
        walks[source.kind, stream.name].append((source, stream))
    return [_asset(kind, name, each) for (kind, name), each in walks.items()]


def landing_key(kind: str, stream: str) -> dg.AssetKey:
    """Return the key that dbt's sources name too."""
    return dg.AssetKey(["lake", kind, stream])


def _asset(kind: str, name: str, walks: Sequence[Walk]) -> dg.AssetsDefinition:
    key = landing_key(kind, name)
    parents = {parent for _, stream in walks for parent in stream.parents}

    @dg.asset(
        key=key,
        deps=[landing_key(kind, parent) for parent in sorted(parents)],
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key)],
        group_name="landing",
        kinds={"parquet"},
        description=f"{name} of {', '.join(source.name for source, _ in walks)}, as they were told",
    )
    def asset(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:  # type: ignore[type-arg]
        for source, stream in walks:
            with night.step("land"):
                land(night, source, stream)
        lost = [
            reason
            for source, stream in walks
            if (reason := night.lost.get((source.name, stream.name)))
        ]
        return dg.MaterializeResult(
            metadata={
                f"{source.name}: {count}": value
                for source, stream in walks
                for count, value in _counts(night, source, stream).items()
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name=CHECK,
                    passed=not lost,
                    severity=dg.AssetCheckSeverity.WARN,
                    description="\n".join(lost),
                )
            ],
        )

    return asset


def land(night: Night, source: Source, stream: Stream) -> None:
    """Land one stream; where it cannot be landed its last load stays, and the night knows why."""
    name = f"{source.name}.{stream.name}"
    zone = LandingZone(night.home.lake)
    limits = Limits(**settings_of(night.home, [each.name for each in fields(Limits)]))
    try:
        landed = land_stream(
            source, stream, zone, night.shop.privacy, limits, text_rules_of(night.home.seeds)
        )
    except SourceError as error:
        night.lost[source.name, stream.name] = str(error)
        night.say(f"land   {name}: FAILED, its last load stays: {error}")
        return
    night.landed[source.name, stream.name] = landed
    load = landed.load
    if load.outcome == "refused":
        night.lost[source.name, stream.name] = f"{name}: {load.reason}"
        night.say(f"land   {name}: REFUSED, the load before it stays: {load.reason}")
        return
    gone = f", {load.records_gone:,} of them gone" if load.records_gone else ""
    unreadable = f", {load.rejects_count:,} unreadable" if load.rejects_count else ""
    resumed = ", resumed where the last run stopped" if landed.is_resumed else ""
    night.say(
        f"land   {name}: {load.records_landed:,} new{gone}, {load.records_unchanged:,} unchanged,"
        f" {load.records_quarantined:,} quarantined{unreadable}{resumed}"
    )


def _counts(night: Night, source: Source, stream: Stream) -> dict[str, int]:
    landed = night.landed.get((source.name, stream.name))
    if landed is None:
        return {}
    return {
        "new": landed.load.records_landed,
        "unchanged": landed.load.records_unchanged,
        "quarantined": landed.load.records_quarantined,
    }
