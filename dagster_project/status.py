"""Says how fresh the published marts are, for a person and for a monitor; it changes nothing.

`python -m dagster_project.status` exits with 1 where the marts are older than they should be.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from dagster_project.alert import last_failure
from dagster_project.home import Home

OLDEST = timedelta(hours=36)


@dataclass(frozen=True)
class Newest:
    """The newest published build; the instants are aware, in UTC."""

    build_id: str
    as_of: datetime
    published_at: datetime

    @property
    def is_replay(self) -> bool:
        """Whether it shows the past on purpose: only the time of publishing can be judged then."""
        return not timedelta(0) <= self.published_at - self.as_of <= OLDEST


def newest_build(home: Home) -> Newest | None:
    """Return the newest published build, or None where nothing was ever published."""
    if not home.kpi_file.exists():
        return None
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        build_id, as_of, published_at = connection.execute(
            """
            select max_by(build_id, published_at), max_by(as_of, published_at), max(published_at)
            from marts.publish_manifest
            """
        ).fetchall()[0]
    return Newest(build_id, as_of.replace(tzinfo=UTC), published_at.replace(tzinfo=UTC))


def main() -> int:
    """Print the report; return the exit status."""
    lines, is_fresh = report(Home.from_environment(), now=datetime.now(UTC))
    print("\n".join(lines))
    return 0 if is_fresh else 1


def report(home: Home, *, now: datetime) -> tuple[list[str], bool]:
    """Return what there is to say, and whether the marts are as fresh as they should be."""
    lines = []
    newest = newest_build(home)
    if newest is None:
        lines.append(f"nothing has been published to {home.serving} yet")
        is_fresh = False
    else:
        lines.append(f"newest build  {newest.build_id}, in {home.kpi_file}")
        lines.append(f"as of         {newest.as_of:%Y-%m-%d %H:%M} UTC")
        lines.append(
            f"published     {newest.published_at:%Y-%m-%d %H:%M} UTC,"
            f" {_hours(now - newest.published_at)} ago"
        )
        judged = newest.published_at if newest.is_replay else newest.as_of
        is_fresh = now - judged <= OLDEST
        if not is_fresh:
            lines.append(
                f"TOO OLD       {_hours(now - judged)}; it should be {_hours(OLDEST)} at most"
            )
    failure = last_failure(home)
    if failure is not None:
        lines.append(f"failing since {failure.since:%Y-%m-%d %H:%M} UTC, last at {failure.step}:")
        lines.append(f"              {failure.reason}")
        lines.append(f"resume        {failure.resume}")
    return lines, is_fresh


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f} h"


if __name__ == "__main__":
    sys.exit(main())
