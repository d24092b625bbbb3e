"""What a night says of itself when it is over: what landed, what was checked, what came out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import duckdb

from dagster_project.night import Night
from expectations.catalogue import Grain, KpiDefinition, Statistic

HEADLINE_GRAINS: Sequence[Grain] = ("week", "month")

_HEADLINES = """
    select period_start, value, n, withheld_reason
    from marts.kpi_values
    where
        kpi_id = $kpi_id
        and statistic = $statistic
        and period_grain = $grain
        and channel = 'all'
        and slice = 'all'
        and is_mature
    order by period_start desc
    limit 1
"""


def summary(night: Night, kpis: Sequence[KpiDefinition]) -> Iterator[str]:
    """Yield the lines of a night's summary."""
    yield ""
    yield from _landed(night)
    yield from _checked(night)
    if night.published is not None:
        yield from _headlines(night, kpis)
        tables = night.published.rows_by_table
        yield ""
        yield (
            f"published  build {night.published.build_id}, as of {night.as_of:%Y-%m-%d %H:%M} UTC:"
            f" {len(tables)} tables, {sum(tables.values()):,} rows"
        )
        yield f"           {night.home.kpi_file}"
        yield f"           {night.published.parquet}"
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in night.seconds.items())
    yield f"seconds    {steps}"


def _landed(night: Night) -> Iterator[str]:
    rows = [("landed", "new", "unchanged", "quarantined", "complete through (UTC)")]
    for (source, stream), landed in night.landed.items():
        load = landed.load
        complete = load.complete_through
        rows.append(
            (
                f"{source}.{stream}",
                f"{load.records_landed:,}",
                f"{load.records_unchanged:,}",
                f"{load.records_quarantined:,}"
                + (f" and {load.rejects_count:,} unreadable" if load.rejects_count else ""),
                "refused"
                if load.outcome == "refused"
                else f"{complete:%Y-%m-%d %H:%M}"
                if complete
                else "not known",
            )
        )
    rows += [
        (f"{source}.{stream}", "", "", "", "failed")
        for source, stream in night.lost
        if (source, stream) not in night.landed
    ]
    yield from _table(rows)


def _checked(night: Night) -> Iterator[str]:
    yield ""
    if night.built is not None:
        built = night.built
        yield (
            f"checks     {built.tests} data tests on {built.models} models:"
            f" {len(built.warnings)} warn"
        )
        yield from (f"           {warning}" for warning in built.warnings)
        yield from _unmapped(night)
    if night.guards is not None:
        failures = night.guards.failures
        waived = sum(failure.waived_by is not None for failure in failures)
        yield (
            f"guards     {len(night.guards.results)} rules:"
            f" {len(failures) - waived} failed, {waived} waived"
        )
        yield from (f"           {failure.message}" for failure in failures)


def _unmapped(night: Night) -> Iterator[str]:
    with duckdb.connect(night.home.build_file, read_only=True) as connection:
        words = connection.execute(
            "select distinct source, word, seed_line from steps.int_streams__unmapped order by all"
        ).fetchall()
    for source, word, seed_line in words:
        yield f"unmapped   {word} ({source}) is in no seed; add its line to {seed_line}..."


def _headlines(night: Night, kpis: Iterable[KpiDefinition]) -> Iterator[str]:
    rows = [("all channels", *(f"last mature {grain}" for grain in HEADLINE_GRAINS))]
    with duckdb.connect(night.home.kpi_file, read_only=True) as connection:
        for kpi in kpis:
            for statistic in kpi.statistics:
                cells = [
                    _headline(connection, kpi, statistic, grain) if grain in kpi.grains else ""
                    for grain in HEADLINE_GRAINS
                ]
                label = kpi.label.en if len(kpi.statistics) == 1 else f"{kpi.label.en}, {statistic}"
                rows.append((label, *cells))
    yield ""
    yield from _table(rows)


def _headline(
    connection: duckdb.DuckDBPyConnection, kpi: KpiDefinition, statistic: Statistic, grain: Grain
) -> str:
    found = connection.execute(
        _HEADLINES, {"kpi_id": kpi.id, "statistic": statistic, "grain": grain}
    ).fetchall()
    if not found:
        return "none yet"
    [(period_start, value, n, withheld_reason)] = found
    if withheld_reason is not None:
        figure = "withheld"
    elif value is None:
        figure = "nothing counted"
    else:
        figure = f"{_figure(value, kpi.unit)} (n {n:,})"
    return f"{_period(period_start, grain)}: {figure}"


def _period(start: date, grain: Grain) -> str:
    return f"{start:%Y-%m}" if grain == "month" else f"{start:%Y-%m-%d}"


def _figure(value: float, unit: str) -> str:
    if unit == "seconds":
        return _duration(value)
    if unit == "percent":
        return f"{value:.1f} %"
    return f"{value:,.2f}".removesuffix(".00") + ("" if unit == "ratio" else f" {unit}")


def _duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    span = timedelta(seconds=round(seconds))
    hours, rest = divmod(span.seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(span.days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with their columns below one another, numbers to the right."""
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if cell.replace(",", "").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=False)
        ]
        yield "  ".join(cells).rstrip()
