"""The command behind `make effect`: what a change does to the demo shop's figures.

The seeds, models and definitions of the working tree are held against those of a commit: both build
the same records, and what they tell otherwise is printed. The shop's own home is not touched.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from dagster_project.demo.shop import ENVIRONMENT, open_night
from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.landing.land import land_stream
from dagster_project.landing.texts import TextRules
from dagster_project.landing.zone import LandingZone
from dagster_project.seeds import text_rules_of
from dagster_project.shop import Shop

DECIDES = ("seeds", "dbt_project/models", "dbt_project/macros", "expectations/kpis")
"""What figures hang on."""

_BUILD = """
import os, sys
from pathlib import Path
from dagster_project.home import Home
from dagster_project.night import FORESEEN, Plan
from dagster_project.shop import Shop
shop = Shop.load(Path(sys.argv[1]), os.environ)
try:
    plan = Plan.prepare(Home(Path(sys.argv[2])), shop)
    plan.transform.build(plan.manifest, as_of=shop.as_of)
except FORESEEN as error:
    sys.exit(str(error))
"""

_EFFECT = """
    with told as (
        select
            kpi_id,
            statistic,
            period_grain,
            period_start,
            channel,
            before.value as was,
            after.value as told,
            coalesce(after.unit, before.unit) as unit,
            coalesce(after.is_mature, before.is_mature) as is_mature,
            before.kpi_id is null as is_new,
            after.kpi_id is null as is_gone
        from (from before.marts.kpi_values where slice = 'all') as before
        full join (from after.marts.kpi_values where slice = 'all') as after
            using (kpi_id, statistic, period_grain, period_start, channel)
    ),

    newest as (
        select
            kpi_id,
            statistic,
            any_value(unit) as unit,
            count(*) as figures,
            count(*) filter (where was is distinct from told) as changed,
            bool_and(is_new) as is_new,
            bool_and(is_gone) as is_gone,
            max_by(struct_pack(period_start, was, told), period_start) filter (
                where
                    period_grain = 'month' and channel = 'all' and is_mature
                    and was is distinct from told
            ) as month
        from told
        group by kpi_id, statistic
    )

    select
        kpi_id, statistic, unit, figures, changed, is_new, is_gone,
        month.period_start, month.was, month.told
    from newest
    where changed > 0 or is_new or is_gone
    order by kpi_id, statistic
"""


class EffectError(Exception):
    """The effect cannot be told; the message says why."""


def main() -> int:
    """Print the effect of what has changed since a commit; return the exit status."""
    against = (sys.argv[1:] or [""])[0] or "HEAD"
    try:
        files = changed_since(PROJECT_ROOT, against)
        if not files:
            print(f"nothing that figures hang on has changed since {against}")
            return 0
        print(f"changed since {against}: {', '.join(files)}")
        with tempfile.TemporaryDirectory(prefix="effect-") as folder:
            for line in effect(Path(folder), against):
                print(line)
    except EffectError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def changed_since(project: Path, commit: str) -> list[str]:
    """Return the files that figures hang on and that are not as in a commit, new ones included.

    Raises:
        EffectError: Where there is no such commit.
    """
    changed = _git(project, "diff", "--name-only", commit, "--", *DECIDES)
    new = _git(project, "ls-files", "--others", "--exclude-standard", "--", *DECIDES)
    return sorted({*changed.split(), *new.split()})


def _git(project: Path, *command: str) -> str:
    try:
        ended = subprocess.run(  # noqa: S603 (the command is ours)
            [shutil.which("git") or "git", "-C", str(project), *command],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise EffectError("What is committed cannot be read: git is not installed.") from error
    if ended.returncode:
        raise EffectError(
            f"git says: {ended.stderr.strip()}. Name a commit: make effect AGAINST=..."
        )
    return ended.stdout


def effect(folder: Path, against: str) -> Iterator[str]:
    """Build the demo shop twice below a folder, and yield what the two tell otherwise.

    Raises:
        EffectError: Where one of the two cannot be built.
    """
    code = {"before": folder / "code", "after": PROJECT_ROOT}
    code["before"].mkdir()
    archive = folder / "code.tar"
    _git(PROJECT_ROOT, "archive", "--output", str(archive), against)
    with tarfile.open(archive) as file:
        file.extractall(code["before"], filter="data")
    # What each side makes of the patterns that texts meet is seen in its build.
    rules = text_rules_of(*(side / "seeds" for side in code.values()))
    shop_file, lake = _landed(folder, rules)
    builds = {side: Home(folder / side) for side in code}
    running = {}
    for side, home in builds.items():
        home.root.mkdir()
        home.lake.symlink_to(lake)
        running[side] = subprocess.Popen(  # noqa: S603 (the command is ours)
            [sys.executable, "-c", _BUILD, str(shop_file), str(home.root)],
            cwd=code[side],
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(code[side])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    said = {side: process.communicate()[1] for side, process in running.items()}
    for side, process in running.items():
        if process.returncode:
            what = against if side == "before" else "the working tree"
            raise EffectError(
                f"The demo shop cannot be built as {what} has it:\n{said[side].strip()}"
            )
    yield from compared(builds["before"].build_file, builds["after"].build_file)


def _landed(folder: Path, rules: TextRules) -> tuple[Path, Path]:
    """Land the first night of the demo shop; return its shop file and its landing zone."""
    home = Home(folder / "demo")
    with open_night(home) as shop_file:
        shop = Shop.load(shop_file, os.environ)
        for source in shop.sources:
            for stream in source.streams():
                landed = land_stream(
                    source, stream, LandingZone(home.lake), shop.privacy, rules=rules
                )
                if landed.load.outcome != "committed":
                    raise EffectError(f"{source.name}.{stream.name}: {landed.load.reason}")
    return shop_file, home.lake


def compared(before: Path, after: Path) -> Iterator[str]:
    """Yield a line for each KPI and statistic that two builds tell otherwise."""
    with duckdb.connect() as connection:
        for side, path in (("before", before), ("after", after)):
            quoted = str(path).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {side} (read_only)")
        rows = connection.execute(_EFFECT).fetchall()
    if not rows:
        yield "no figure of the demo shop is another one"
        return
    yield "on the demo shop, all channels, newest settled month that is another one:"
    yield from _table(
        [
            (f"{kpi_id}, {statistic}", *_change(is_new, is_gone, changed, figures, unit, *month))
            for kpi_id, statistic, unit, figures, changed, is_new, is_gone, *month in rows
        ]
    )


def _change(
    is_new: bool,
    is_gone: bool,
    changed: int,
    figures: int,
    unit: str,
    month: object,
    was: float | None,
    told: float | None,
) -> tuple[str, str]:
    moved = (
        f"{month:%Y-%m}: {_figure(was)} -> {_figure(told)} {unit}"
        if month
        else "no settled month of all channels"
    )
    if is_gone:
        return "is gone", f"{figures} figures"
    if is_new:
        return f"is new; {moved}", f"{figures} figures"
    return moved, f"{changed:,} of {figures:,} figures"


def _figure(value: float | None) -> str:
    return "nothing" if value is None else f"{value:,.6g}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "    " + "  ".join(cells).rstrip()


if __name__ == "__main__":
    sys.exit(main())
