"""The commands of the landing zone: `quarantine list`, `quarantine replay` and `again`."""

import argparse
import json
import sys
from collections.abc import Sequence

from dagster_project import lock
from dagster_project.chosen_shop import known_shop
from dagster_project.home import Home
from dagster_project.landing.intake import Intake
from dagster_project.landing.quarantine import Held, UnfinishedWalkError, held, replay
from dagster_project.landing.zone import LandingZone
from dagster_project.shop import Shop, ShopError

SHOWN_CHARACTERS = 200
"""How much is shown of a record that has no name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    asked = _parser().parse_args(arguments)
    home = Home.from_environment()
    zone = LandingZone(home.lake)
    if asked.command == "list":
        _list(zone, asked.stream)
        return 0
    try:
        lock.hold(home)
        if asked.command == "replay":
            _replay(zone, known_shop(home), asked.stream)
        else:
            _read_again(zone, known_shop(home), asked.streams)
    except (ShopError, lock.HomeLockedError, UnfinishedWalkError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dagster_project.landing")
    areas = parser.add_subparsers(required=True, metavar="quarantine|again")
    quarantine = areas.add_parser("quarantine", help="records that broke their contract")
    commands = quarantine.add_subparsers(dest="command", required=True)
    for command, purpose in (
        ("list", "show each record with what is wrong with it and what mends it"),
        ("replay", "hold the contract against them again, and land those that keep it now"),
    ):
        about = commands.add_parser(command, help=purpose, description=purpose)
        about.add_argument(
            "stream", nargs="?", metavar="SOURCE.STREAM", help="one stream; all of them otherwise"
        )
    purpose = "let the next night read streams from their beginning, as if nothing had landed"
    again = areas.add_parser("again", help=purpose, description=purpose)
    again.add_argument("streams", nargs="+", metavar="SOURCE.STREAM")
    again.set_defaults(command="again")
    return parser


def _list(zone: LandingZone, only: str | None) -> None:
    count = 0
    for source, stream in zone.streams():
        if only in (None, f"{source}.{stream}"):
            for each in held(zone, source, stream):
                print(_line(each))
                count += 1
    print(f"{count} in quarantine")


def _line(each: Held) -> str:
    load, entry = each.load, each.entry
    name = entry.record_id
    if name is None and entry.record is not None:
        name = json.dumps(entry.record, ensure_ascii=False)[:SHOWN_CHARACTERS]
    who = "" if name is None else f" record {name}"
    refused = " (the whole load was refused)" if load.outcome == "refused" else ""
    return (
        f"{load.source}.{load.stream} {entry.key}{who}: {entry.field}: {entry.reason}."
        f" Remedy: {entry.remedy}{refused}"
    )


def _replay(zone: LandingZone, shop: Shop, only: str | None) -> None:
    for source in shop.sources:
        for stream in source.streams():
            name = f"{source.name}.{stream.name}"
            if only not in (None, name):
                continue
            done = replay(zone, source.name, stream.name, Intake(stream.contract, shop.privacy))
            replayed = done.load.records_replayed if done.load else 0
            print(
                f"{name}: {replayed} replayed, {done.still_refused} still break the contract,"
                f" {done.superseded} have been read anew since"
            )


def _read_again(zone: LandingZone, shop: Shop, streams: Sequence[str]) -> None:
    known = {
        f"{source.name}.{stream.name}": zone.again_file(source.name, stream.name)
        for source in shop.sources
        for stream in source.streams()
    }
    for name in streams:
        if name not in known:
            raise ShopError(f"the shop has no stream {name}; name one of {', '.join(known)}")
    for name in streams:
        known[name].parent.mkdir(parents=True, exist_ok=True)
        known[name].touch()
        print(f"{name}: the next night reads it from its beginning; what has not changed stays")


if __name__ == "__main__":
    sys.exit(main())
