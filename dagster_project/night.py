"""One night: what it knows before it runs, what each step adds, and what becomes of a failure.

What the steps do is said in assets/, and in what these call.
"""

import errno
import os
import shlex
import shutil
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from dagster_project import alert, durable
from dagster_project.deviations import Deviation
from dagster_project.fingerprints import kpi_fingerprints
from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.landing import quarantine
from dagster_project.landing.land import LandedStream
from dagster_project.landing.zone import LandingZone
from dagster_project.publish import Published, PublishError
from dagster_project.seeds import SeedError
from dagster_project.shop import Shop
from dagster_project.sources.seam import Source, Stream
from dagster_project.transform import BuildError, Built, Transform
from expectations.catalogue import DefinitionError, KpiDefinition, load_catalogue
from expectations.guards import (
    GuardReport,
    GuardResult,
    judge_history,
    read_waivers,
    run_guards,
    withhold,
)

if TYPE_CHECKING:
    import pandas as pd


class NightError(Exception):
    """The night cannot go on; the message says why in plain words."""


ONLY_WHOLE = "A night runs as a whole: launch the job `nightly`, not a part of it."

FORESEEN = (NightError, SeedError, DefinitionError, BuildError, PublishError)
"""Their messages say all that helps; anything else is a slip of ours and shows where it is."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is known of a shop's nights before one of them runs.

    Attributes:
        streams: Every stream of every source, in the order in which they land.
        manifest: dbt's parse of the project; `manifest.json` lies in the transform's target.
    """

    home: Home
    shop: Shop
    kpis: Sequence[KpiDefinition]
    streams: Sequence[tuple[Source, Stream]]
    transform: Transform
    manifest: Any

    @classmethod
    def prepare(cls, home: Home, shop: Shop) -> Self:
        """Read the definitions and the seeds, and let dbt parse its project.

        Raises:
            DefinitionError, SeedError, BuildError: With the file, the key and the remedy.
        """
        kpis = load_catalogue()
        transform = Transform.of(home, shop, kpis)
        return cls(
            home=home,
            shop=shop,
            kpis=kpis,
            streams=[(source, stream) for source in shop.sources for stream in source.streams()],
            transform=transform,
            manifest=transform.parse(),
        )

    def judge(self, as_of: datetime) -> GuardReport:
        """Hold what was built to its guards, and take out the figures that they withhold."""
        with duckdb.connect(self.transform.build_file) as connection:
            connection.execute("set TimeZone = 'UTC'")
            report = run_guards(
                connection,
                self.kpis,
                waivers=read_waivers(connection, self.kpis),
                as_of=as_of,
                reporting_timezone=self.shop.reporting_timezone,
            )
            durable.fault_point()
            withhold(connection, report)
        return report

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """What changes with a KPI's definition, by its id."""
        return kpi_fingerprints(
            self.manifest,
            self.kpis,
            seeds=self.transform.seeds,
            variables=self.transform.variables,
        )

    def judge_history(self, as_of: datetime) -> "tuple[pd.DataFrame, list[GuardResult]]":
        """Hold what was built against what readers have; return what moved, and what that breaks.

        What `judge` withholds must have been taken out before.
        """
        from expectations import history

        with duckdb.connect(self.transform.build_file, read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            moved = history.revisions(
                connection,
                self.home.kpi_file,
                definitions=self.kpis,
                fingerprints=self.fingerprints,
                timezone=self.shop.reporting_timezone,
            )
            return moved, judge_history(
                connection,
                self.kpis,
                moved,
                waivers=read_waivers(connection, self.kpis),
                as_of=as_of,
                reporting_timezone=self.shop.reporting_timezone,
            )


@contextmanager
def _room_to_write(home: Home) -> Iterator[None]:
    """Say in plain words where the disk is full, whichever write met it."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        free_mb = shutil.disk_usage(home.root).free // 2**20
        raise NightError(
            f"There is no room to write below {home.root} ({free_mb} MB free there): {error}. "
            "Make room, then run the night again."
        ) from error


@dataclass
class Night:
    """A night that is running.

    Attributes:
        landed: What became of each stream that was landed, under (source, stream).
        lost: Why each other stream was not.
        as_of: The cut, once it is known.
        revisions: The published figures of the past that moved, where there were any before.
        deviations: What deviates in what was published, and did not before.
        failure: The step at which the night stopped, and why.
    """

    home: Home
    shop: Shop
    began: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    landed: dict[tuple[str, str], LandedStream] = field(default_factory=dict)
    lost: dict[tuple[str, str], str] = field(default_factory=dict)
    as_of: datetime | None = None
    built: Built | None = None
    guards: GuardReport | None = None
    revisions: "pd.DataFrame | None" = None
    published: Published | None = None
    deviations: Sequence[Deviation] = ()
    failure: tuple[str, str] | None = None

    @property
    def cut(self) -> datetime:
        """The as_of of tonight's build.

        Raises:
            NightError: Where nothing was built in this run.
        """
        if self.as_of is None:
            raise NightError(ONLY_WHOLE)
        return self.as_of

    @property
    def verdict(self) -> GuardReport:
        """What the guards said of tonight's build.

        Raises:
            NightError: Where they have not judged it in this run.
        """
        if self.guards is None:
            raise NightError(ONLY_WHOLE)
        return self.guards

    @contextmanager
    def step(self, name: str, says: str | None = None) -> Iterator[None]:
        """Time a step, and remember it as the one that failed where it raises."""
        begun = time.monotonic()
        if says:
            self.say(says)
        try:
            with _room_to_write(self.home):
                yield
        except FORESEEN as error:
            self.fail(name, str(error))
            raise
        except BaseException as error:
            self.fail(name, f"{type(error).__name__}: {error}")
            traceback.print_exc()
            raise
        finally:
            self.seconds[name] += time.monotonic() - begun

    def fail(self, step: str, reason: str) -> None:
        """Remember why the night failed; what fails after the first failure is its consequence."""
        self.failure = self.failure or (step, reason)

    def say(self, line: str) -> None:
        """Print a line with the seconds since the night began."""
        print(f"{time.monotonic() - self.began:6.1f} s  {line}", flush=True)

    def end(self) -> None:
        """Tell those who want to know that the night failed or is well again, or what deviates."""
        webhook = self.shop.alerts.webhook.get_secret_value() if self.shop.alerts else None
        if self.published is not None:
            trouble = alert.recovered(self.home, shop=self.shop.name, webhook=webhook)
            trouble = (
                alert.deviated(self.deviations, shop=self.shop.name, webhook=webhook) or trouble
            )
        else:
            step, reason = self.failure or ("start", "it stopped before any step began")
            trouble = alert.failed(
                self.home,
                shop=self.shop.name,
                webhook=webhook,
                secrets=self.shop.secrets,
                step=step,
                reason=reason,
                resume=resume_command(self.home),
            )
        if trouble:
            self.say(trouble)


@contextmanager
def tonight(home: Home, shop: Shop) -> Iterator[Night]:
    """Run a night: whatever happens in the block, its end is remembered and told."""
    night = Night(home, shop)
    quarantine.purge(LandingZone(home.lake), datetime.now(UTC))
    try:
        yield night
    finally:
        night.end()


def resume_command(home: Home) -> str:
    """Return the command that runs this night again."""
    is_in_the_project = Path.cwd() == PROJECT_ROOT
    words = []
    if "STELLAR_SHOP" in os.environ:
        words.append(f"STELLAR_SHOP={shlex.quote(str(Path(os.environ['STELLAR_SHOP']).resolve()))}")
    if "STELLAR_HOME" in os.environ or not is_in_the_project:
        words.append(f"STELLAR_HOME={shlex.quote(str(home.root))}")
    words.append("make")
    if not is_in_the_project:
        words.append(f"-C {shlex.quote(str(PROJECT_ROOT))}")
    return " ".join([*words, "nightly"])
