"""A shop's records as files, in every way in which the same record can be written."""

import csv
import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .nasty import NastyShop, SourcePlan
from .records import BEGINS, KEYS
from .shop import Record

OWN_NAMES = {"traffic_source": "source"}
"""Columns that the files name as the reading names another."""

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""A file that changed just now would be taken for one that still grows."""


def write_shop_file(nasty: NastyShop, folder: Path, project_seeds: Path) -> Path:
    """Write shop.yml, its seeds and the empty folders of its sources."""
    shop = nasty.shop
    lines = [
        f"name: Nasty {nasty.seed}",
        f"reporting_timezone: {shop.reporting_timezone}",
        f"currency: {shop.currency}",
        f"as_of: {shop.as_of.isoformat()}",
        *(["pii: keep"] if nasty.keeps_personal_data else []),
        "seeds: seeds",
        "sources:",
    ]
    for source in nasty.sources:
        (folder / source.name).mkdir(parents=True)
        lines.append(
            f"  - {{name: {source.name}, kind: files, folder: {source.name},"
            f" timezone: {source.timezone}}}"
        )
    path = folder / "shop.yml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _write_seeds(nasty, folder / "seeds", project_seeds)
    return path


def _write_seeds(nasty: NastyShop, folder: Path, project_seeds: Path) -> None:
    folder.mkdir()
    with (project_seeds / "settings.csv").open(encoding="utf-8", newline="") as file:
        settings = list(csv.DictReader(file))
    settings_of_shop = {
        **nasty.shop.settings,
        "business_schedule": nasty.shop.business_schedule,
    }
    for setting in settings:
        setting["value"] = str(settings_of_shop.get(setting["name"], setting["value"]))
    _write_csv(folder / "settings.csv", list(settings[0]), settings)
    links = [
        {
            "action": "join",
            "source_a": one[0],
            "customer_a": one[1],
            "source_b": other[0],
            "customer_b": other[1],
            "why": "they said so",
        }
        for one, other in nasty.shop.person_joins
    ]
    columns = ["action", "source_a", "customer_a", "source_b", "customer_b", "why"]
    _write_csv(folder / "person_links.csv", columns, links)
    tables: Mapping[str, tuple[str, Sequence[Any]]] = {
        "exchange_rates": ("on_date currency to_currency rate", nasty.shop.exchange_rates),
        "schedules": (
            "schedule_id timezone weekday opens_at closes_at valid_from valid_until",
            nasty.shop.schedules,
        ),
        "topic_rules": ("topic field pattern language priority", nasty.shop.topic_rules),
        "holidays": ("schedule_id on_date opens_at closes_at name", nasty.shop.holidays),
        "sla_targets": (
            "policy_id clock channel priority customer_group target_seconds clock_kind"
            " schedule_id valid_from valid_until",
            nasty.shop.policies,
        ),
    }
    for name, (header, rows) in tables.items():
        _write_csv(folder / f"{name}.csv", header.split(), list(map(asdict, rows)))


def write_drops(nasty: NastyShop, folder: Path, load: int) -> None:
    """Write the files that bring one load of every stream."""
    dice = random.Random(1000 * nasty.seed + load)  # noqa: S311
    for source in nasty.sources:
        for entity in KEYS:
            columns = [
                OWN_NAMES.get(column, column)
                for column in max(nasty.shop.records[entity], key=len, default={})
                if column not in ("source", "load")
            ]
            records = [
                record
                for record in nasty.shop.records[entity]
                if record["source"] == source.name and record["load"] == load
            ]
            dice.shuffle(records)
            middle = dice.randrange(len(records) + 1)
            for part, some in enumerate((records[:middle], records[middle:])):
                if some:
                    into = folder / source.name / entity
                    _write(dice, into, f"{load}-{part}", source, columns, some)


def _write(
    dice: random.Random,
    folder: Path,
    name: str,
    source: SourcePlan,
    columns: Sequence[str],
    records: Sequence[Record],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            OWN_NAMES.get(column, column): _as_source_says(dice, source, value)
            for column, value in record.items()
            if column not in ("source", "load") and (value is not None or dice.random() < 0.5)
        }
        for record in records
    ]
    if not any(BEGINS.get(folder.name, KEYS[folder.name]) in row for row in rows):
        # Deletions by their keys alone; a file has the columns of its entity all the same.
        rows[0] = {**dict.fromkeys(columns), **rows[0]}
    if dice.random() < 0.5:
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        path = folder / f"{name}.csv"
        header = list(dict.fromkeys(column for row in rows for column in row))
        cells = [{column: _cell(value) for column, value in row.items()} for row in rows]
        _write_csv(path, header, cells)
    os.utime(path, (LONG_AGO, LONG_AGO))


def _as_source_says(dice: random.Random, source: SourcePlan, value: Any) -> Any:
    if isinstance(value, datetime):
        return _instant(dice, source, value)
    if isinstance(value, Decimal):
        return dice.choice((str(value), float(value)))
    if isinstance(value, date):
        return value.isoformat()
    return value


def _instant(dice: random.Random, source: SourcePlan, value: datetime) -> str:
    local = value.astimezone(ZoneInfo(source.timezone))
    if not source.is_naive:
        return (
            dice.choice((local, value)).isoformat().replace("+00:00", dice.choice(("Z", "+00:00")))
        )
    naive = local.replace(tzinfo=None)
    for skipped in (naive - timedelta(hours=1), naive - timedelta(minutes=30)):
        # What clocks showed as 03:30 may have been written down as a 02:30 that never was.
        if skipped.replace(tzinfo=local.tzinfo).astimezone(UTC) == value:
            return skipped.isoformat()
    return naive.isoformat(sep=dice.choice((" ", "T")))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else value


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
