"""A landing zone written by hand, and a build of staging and entities over it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

from dagster_project.home import PROJECT_ROOT
from expectations.catalogue import catalogue_json, dbt_vars, load_catalogue

PROJECT = PROJECT_ROOT / "dbt_project"
AS_OF = "2026-03-10 00:00:00"
SCRATCH = "scratch.duckdb"

INSTANT = pa.timestamp("us", tz="UTC")
PART = pa.schema(
    [
        ("source", pa.string()),
        ("stream", pa.string()),
        ("record_id", pa.string()),
        ("cursor_raw", pa.string()),
        ("cursor_at", INSTANT),
        ("operation", pa.string()),
        ("sha256", pa.string()),
        ("load_id", pa.string()),
        ("extracted_at", INSTANT),
        ("api_version", pa.string()),
        ("connector_version", pa.string()),
        ("payload", pa.string()),
    ]
)


@dataclass
class HandLake:
    """Loads committed by hand below `root`, which `dbt` then builds."""

    root: Path
    manifest: Any
    loads: dict[tuple[str, str], int] = field(default_factory=dict)

    def commit(
        self,
        *,
        source: str,
        kind: str,
        stream: str,
        key: str,
        records: Sequence[dict[str, Any]],
        extracted_at: str = "2026-03-09T00:00:00.000000Z",
        deleted: Sequence[str] = (),
        outcome: str = "committed",
    ) -> Path:
        """Commit one load of payloads; those with an id in `deleted` say that it is gone."""
        number = self.loads.get((source, stream), 0) + 1
        self.loads[source, stream] = number
        load_id = f"{number:08}"
        folder = self.root / f"lake/raw/source={source}/stream={stream}/load_id={load_id}"
        folder.mkdir(parents=True)
        parts = []
        if records:
            rows = [
                {
                    "source": source,
                    "stream": stream,
                    "record_id": str(record[key]),
                    "operation": "delete" if str(record[key]) in deleted else "upsert",
                    "sha256": sha256(json.dumps(record).encode()).hexdigest(),
                    "load_id": load_id,
                    "extracted_at": datetime.fromisoformat(extracted_at),
                    "connector_version": "1",
                    "payload": json.dumps(record),
                }
                for record in records
            ]
            pq.write_table(pa.Table.from_pylist(rows, schema=PART), folder / "part-0.parquet")
            parts = ["part-0.parquet"]
        manifest = {
            "load_id": load_id,
            "source": source,
            "kind": kind,
            "stream": stream,
            "outcome": outcome,
            "started_at": extracted_at,
            "committed_at": extracted_at,
            "extracted_at": extracted_at,
            "complete_through": extracted_at,
            "records_read": len(records),
            "records_landed": len(records),
            "records_unchanged": 0,
            "records_quarantined": 0,
            "records_replayed": 0,
            "parts": parts,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    def gorgias(self, stream: str, *records: dict[str, Any], **how: Any) -> Path:
        """Commit a load of the helpdesk `desk`."""
        return self.commit(
            source="desk", kind="gorgias", stream=stream, key="id", records=records, **how
        )

    def drop(
        self, entity: str, *records: dict[str, Any], source: str = "drops", **how: Any
    ) -> Path:
        """Commit a load of the file drops of one entity."""
        key = (
            "event_id"
            if entity == "ticket_events"
            else f"{entity.split('_')[-1].removesuffix('s')}_id"
        )
        return self.commit(
            source=source, kind="files", stream=entity, key=key, records=records, **how
        )

    @property
    def typed(self) -> Path:
        return self.root / "typed"

    def build(self, *select: str, as_of: str = AS_OF) -> None:
        """Run the selected models, what they hang on included."""
        self.typed.mkdir(exist_ok=True)
        result = dbt(
            self.root,
            *("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
            *("--select", *(f"+{model}" for model in select)),
            manifest=self.manifest,
            as_of=as_of,
        )
        assert result.success, result.exception or [
            node.message for node in result.result if node.status not in ("success", "pass")
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the build, and by the name `scratch` what lay on the way."""
        with duckdb.connect(str(self.root / "tonight.duckdb"), read_only=True) as connection:
            connection.execute(f"attach '{self.root / SCRATCH}' as scratch (read_only)")
            return connection.execute(query).fetchall()


def dbt(root: Path, *command: str, manifest: Any, as_of: str = AS_OF) -> dbtRunnerResult:
    """Run dbt in this process over the landing zone below `root`."""
    kpis = load_catalogue()
    catalogue = root / "catalogue.json"
    catalogue.write_text(catalogue_json(kpis), encoding="utf-8")
    variables = {
        "as_of": as_of,
        "build_file": str(root / "tonight.duckdb"),
        "catalogue": str(catalogue),
        "lake": str(root / "lake"),
        "typed": str(root / "typed"),
        "kpis": dbt_vars(kpis),
    }
    try:
        return dbtRunner(manifest=manifest).invoke(
            [
                "--quiet",
                *command,
                "--no-write-json",
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(root / "target"), "--log-path", str(root / "logs")),
                *("--vars", json.dumps(variables)),
            ]
        )
    finally:
        # A connection that dbt leaves open pins the file for every later one.
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager.close_all_connections()
