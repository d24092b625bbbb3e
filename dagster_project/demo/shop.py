"""The demo shop's nights: its clock, its files and its server, as any shop file would name them.

What happens in the shop is drawn by generator.py; a night runs it like every other shop.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.demo.drops import write_drops
from dagster_project.demo.generator import TICKETS, generate
from dagster_project.demo.rhythm import FIRST_NIGHT, NIGHTS
from dagster_project.demo.seen import Seen
from dagster_project.demo.server import DemoServer
from dagster_project.demo.truth import write_truth
from dagster_project.demo.wire import RECEIPT_RULE
from dagster_project.durable import write_text
from dagster_project.home import Home
from dagster_project.landing.instants import write_instant

EMAIL = "nightly@seoul-lamp.example"

ENVIRONMENT = {
    "STELLAR_DEMO_EMAIL": EMAIL,
    "STELLAR_DEMO_API_KEY": "demo-key-of-nobody",
    "STELLAR_PII_KEY": "the demo shop has no persons to protect",
}
"""No secrets: everybody in the demo shop is made up, and its server is reached from here alone."""

SHOP_FILE = """\
# Written anew on every night of the demo shop.
name: Seoul Lamp Co.
reporting_timezone: Asia/Seoul
currency: KRW
as_of: {as_of}
sources:
  - name: desk
    kind: gorgias
    domain: seoul-lamp
    base_url: {base_url}
    email: env:STELLAR_DEMO_EMAIL
    api_key: env:STELLAR_DEMO_API_KEY
    start: 2025-10-01
  - name: drops
    kind: files
    folder: drops
    timezone: Asia/Seoul
    complete_through: {as_of}
  - name: desk
    kind: files
    folder: desk
    timezone: Asia/Seoul
    complete_through: {as_of}
seeds: seeds
"""

GOALS = Path(__file__).with_name("goals.csv")
"""What the demo shop wants to come to; one of them is not SMART, and one can hardly be measured."""

AUTOMATION_RULES = f"source,rule_id,purpose\ndesk,{RECEIPT_RULE},acknowledgement\n"


class StoryOverError(Exception):
    """The demo shop has no further night."""


def night_of(home: Home) -> datetime:
    """Return the demo clock: a day after the newest published night, or the first night.

    Raises:
        StoryOverError: After the last night of the story.
    """
    if not home.kpi_file.exists():
        return FIRST_NIGHT
    with duckdb.connect(home.kpi_file, read_only=True) as published:
        newest = published.execute("select max(as_of) from marts.publish_manifest").fetchone()
    if newest is None or newest[0] is None:
        return FIRST_NIGHT
    clock: datetime = newest[0].replace(tzinfo=UTC) + timedelta(days=1)
    if clock > FIRST_NIGHT + timedelta(days=NIGHTS):
        raise StoryOverError(
            f"The demo shop's story ends after {NIGHTS} nights. Remove {home.root} to begin it "
            "again, or name a shop of your own in STELLAR_SHOP."
        )
    return clock


@contextmanager
def open_night(home: Home, *, tickets: int = TICKETS) -> Iterator[Path]:
    """Serve the demo shop as at its next night, and yield the path of its shop file.

    Only a published night moves the clock: one that failed is opened again as it was.

    Args:
        home: Where the shop's file, drops and truth are written, below `demo/`.
        tickets: Tickets in the shop's first year.

    Raises:
        StoryOverError: After the last night of the story.
    """
    clock, folder = night_of(home), home.root / "demo"
    story = generate(tickets=tickets)
    seen = Seen(story, clock)
    write_drops(story, clock, folder)
    write_truth(seen, folder / "truth.json")
    write_text(folder / "seeds" / "automation_rules.csv", AUTOMATION_RULES)
    write_text(folder / "seeds" / GOALS.name, GOALS.read_text(encoding="utf-8"))
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    api_key = ENVIRONMENT["STELLAR_DEMO_API_KEY"]
    with DemoServer(seen, email=EMAIL, api_key=api_key) as server:
        text = SHOP_FILE.format(as_of=write_instant(clock), base_url=server.base_url)
        write_text(folder / "shop.yml", text)
        os.environ.update(ENVIRONMENT)
        try:
            yield folder / "shop.yml"
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
