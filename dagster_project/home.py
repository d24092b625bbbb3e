"""Where everything that a run writes lies. Paths alone: nothing here reads or writes."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folders of one shop's runs, below `STELLAR_HOME`."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the folder that `STELLAR_HOME` names, or `var/` in the working directory."""
        return cls(Path(os.environ.get("STELLAR_HOME", "var")).resolve())

    @property
    def lake(self) -> Path:
        """The landing zone."""
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        """What dbt builds; all of it can be built again from the landing zone."""
        return self.root / "warehouse"

    @property
    def typed(self) -> Path:
        """One typed Parquet file for each committed load and staging model."""
        return self.warehouse / "typed"

    @property
    def seeds(self) -> Path:
        """The seeds that dbt reads, those of the shop in the place of the project's."""
        return self.warehouse / "seeds"

    @property
    def build_file(self) -> Path:
        """Tonight's build, made anew every night and seen by no reader."""
        return self.warehouse / "tonight.duckdb"

    @property
    def published_builds(self) -> Path:
        """The builds that readers have and had, whole: what a figure of theirs is made of."""
        return self.warehouse / "published"

    @property
    def serving(self) -> Path:
        """What readers read."""
        return self.root / "serving"

    @property
    def kpi_file(self) -> Path:
        """The published DuckDB file."""
        return self.serving / "kpi.duckdb"

    @property
    def closed(self) -> Path:
        """The months that were signed, as they were then."""
        return self.root / "closed"

    @property
    def dagster(self) -> Path:
        """Dagster's own records."""
        return self.root / "dagster"

    @property
    def lock_file(self) -> Path:
        """Held by the one process that may write below `root`."""
        return self.root / "lock"
