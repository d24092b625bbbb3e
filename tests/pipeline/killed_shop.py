"""A small shop with two homes: in one its nights are killed, in the other they are not.

Both run at one path, so that nothing that a night writes can differ by it; the home that is not
lived in is set aside.
"""

import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from nights import Nights
from starlette.requests import Request

from dagster_project.demo import tables
from dagster_project.demo.generator import Story
from dagster_project.demo.seen import Seen
from dagster_project.demo.server import DemoServer
from dagster_project.demo.shop import AUTOMATION_RULES, EMAIL, ENVIRONMENT, SHOP_FILE
from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.landing.instants import write_instant
from dagster_project.landing.zone import LandingZone

FIRST_NIGHT = datetime(2025, 11, 14, 15, tzinfo=UTC)
"""When the helpdesk has been open for two weeks: a short history makes for short nights."""

TICKETS_A_YEAR = 4_000
BLOCKS_AT = "revision_block_percent,20"
LONG_AGO = 1_600_000_000
"""A file that changed just now would be taken for one that still grows."""


class CountingServer(DemoServer):
    """Counts the pages that it is asked for, by the stream that they are pages of."""

    def __init__(self, seen: Seen) -> None:
        self.asked: Counter[str] = Counter()
        super().__init__(seen, email=EMAIL, api_key=ENVIRONMENT["STELLAR_DEMO_API_KEY"])

    def _guarded(
        self, answer: Callable[[Request], str | None]
    ) -> Callable[[Request], Awaitable[object]]:
        def counted(request: Request) -> str | None:
            self.asked[request.url.path.rpartition("/")[2].replace("-", "_")] += 1
            return answer(request)

        return super()._guarded(counted)


@dataclass(frozen=True)
class Run:
    """How a run ended.

    Attributes:
        status: Its exit status; that of a killed one is minus the signal.
        steps: The durable steps that it took, where it was not killed.
        asked: The pages that it asked the helpdesk for, by stream.
        landed: The streams of the helpdesk that have landed tonight, by this run or before it.
    """

    status: int
    steps: int
    printed: str
    asked: Counter[str]
    landed: set[str]


class KilledShop:
    """The shop, its clock, and its homes `killed` and `unbroken`.

    Args:
        root: An empty folder for all of it.
    """

    def __init__(self, root: Path, nights: Nights, server: CountingServer, story: Story) -> None:
        self._root, self._nights, self._server, self._story = root, nights, server, story
        self._clock = FIRST_NIGHT - timedelta(days=1)
        (root / "seeds").mkdir()
        (root / "desk").mkdir()
        (root / "seeds" / "automation_rules.csv").write_text(AUTOMATION_RULES, encoding="utf-8")
        # A ticket that is deleted moves a day of ten answers far, which would stop the night.
        settings = (PROJECT_ROOT / "seeds" / "settings.csv").read_text(encoding="utf-8")
        assert BLOCKS_AT in settings
        (root / "seeds" / "settings.csv").write_text(
            settings.replace(BLOCKS_AT, f"{BLOCKS_AT}000"), encoding="utf-8"
        )
        self.home = Home(root / "home")

    def come_to_the_next_night(self) -> None:
        """Move the clock: the helpdesk knows more, and a file more is dropped."""
        self._clock += timedelta(days=1)
        seen = Seen(self._story, self._clock)
        self._server.show(seen)
        path = self._root / "drops" / "live_contacts" / f"{self._clock:%Y-%m-%d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(tables.live_contacts(seen), path)
        os.utime(path, (LONG_AGO, LONG_AGO))
        (self._root / "shop.yml").write_text(
            SHOP_FILE.format(as_of=write_instant(self._clock), base_url=self._server.base_url),
            encoding="utf-8",
        )
        self._loads_before: dict[str, str] = {}

    def live_through_the_first_night(self) -> Run:
        """Run the night that both homes have in common."""
        self.come_to_the_next_night()
        run = self.run()
        shutil.copytree(self.home.root, self._root / "killed")
        self.home.root.rename(self._root / "unbroken")
        return run

    @contextmanager
    def living_in(self, name: str) -> Iterator[None]:
        """Run at `home` in the home of this name, and set it aside again."""
        (self._root / name).rename(self.home.root)
        self._loads_before = self._newest_loads()
        yield
        self.home.root.rename(self._root / name)

    def lake(self, name: str) -> LandingZone:
        return LandingZone(Home(self._root / name).lake)

    def kpi_file(self, name: str) -> Path:
        return Home(self._root / name).kpi_file

    def run(self, *, killed_before: int | None = None) -> Run:
        self._server.asked.clear()
        ended = self._nights.run(self.home, self._root / "shop.yml", killed_before=killed_before)
        newest = self._newest_loads()
        return Run(
            ended.status,
            ended.steps,
            ended.printed,
            self._server.asked.copy(),
            {stream for stream in newest if newest[stream] != self._loads_before.get(stream)},
        )

    def _newest_loads(self) -> dict[str, str]:
        zone = LandingZone(self.home.lake)
        return {
            stream: zone.loads(source, stream)[-1].load_id
            for source, stream in zone.streams()
            if source == "desk" and zone.loads(source, stream)
        }
