"""One file as columns and rows, whatever its format. What a column means is not known here.

A file is surveyed before anything is taken from it, so that nothing is taken from a broken one.
A reason never repeats what the file holds: it may be personal.
"""

import csv
import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, StringConstraints

Format = Literal["csv", "tsv", "jsonl", "parquet", "lines"]
Row = Sequence[Any]

FORMATS: Mapping[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "tsv",
    ".tsv.gz": "tsv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".parquet": "parquet",
}

LONGEST_FIELD = 16 * 2**20
"""In characters; what Python's csv takes by itself, 131,072, is less than some messages have."""

BATCH_ROWS = 5000

csv.field_size_limit(LONGEST_FIELD)


class Reading(BaseModel):
    """How a file is read, where its name does not say it.

    Attributes:
        format: `lines` takes each line of a text file as a row with the one column `line`.
        delimiter: Between two values of a csv file; a comma where it is not given.
        columns: Names for the columns of a csv file, in the place of those in its first line.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    columns: tuple[str, ...] = ()

    def format_of(self, path: Path) -> Format:
        """Return the format of a file: the one that is given, or that of its name."""
        if self.format is not None:
            return self.format
        for suffix, form in FORMATS.items():
            if path.name.lower().endswith(suffix):
                return form
        raise UnreadableError(f"is none of {', '.join(FORMATS)}; save it as one of them")

    def delimiter_of(self, form: Format) -> str:
        """Return what stands between two values."""
        return self.delimiter or ("\t" if form == "tsv" else ",")


class UnreadableError(Exception):
    """A file is not what its name says, as a whole. The message says why, and the remedy."""


@dataclass(frozen=True)
class Slip:
    """A line that is no row of its file."""

    line: int
    reason: str


@dataclass(frozen=True)
class Survey:
    """What a file holds: its columns, how many rows, and which lines are none."""

    columns: tuple[str, ...]
    count: int
    slips: tuple[Slip, ...] = ()


def survey(path: Path, reading: Reading) -> Survey:
    """Read a file through.

    Raises:
        UnreadableError: Where it is broken.
        OSError: Where it cannot be opened.
    """
    form = reading.format_of(path)
    with _telling_why():
        if form == "parquet":
            with pq.ParquetFile(path) as file:
                count = sum(batch.num_rows for batch in file.iter_batches(BATCH_ROWS))
                return Survey(own_names(file.schema_arrow.names), count)
        with _open_text(path) as text:
            if form == "jsonl":
                return _survey_json(text)
            if form == "lines":
                return Survey(("line",), sum(1 for _ in text))
            return _survey_delimited(text, reading.delimiter_of(form), reading.columns)


def rows(path: Path, reading: Reading, found: Survey) -> Iterator[Row]:
    """Yield the rows of a surveyed file, their values in the order of its columns."""
    form = reading.format_of(path)
    with _telling_why():
        if form == "parquet":
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BATCH_ROWS):
                    for row in zip(*(column.to_pylist() for column in batch), strict=True):
                        yield [plain(value) for value in row]
            return
        with _open_text(path) as text:
            if form == "jsonl":
                for given in _json_rows(text):
                    if not isinstance(given, Slip):
                        yield [given.get(name) for name in found.columns]
            elif form == "lines":
                for line in text:
                    yield (line.rstrip("\r\n"),)
            else:
                reader = csv.reader(text, delimiter=reading.delimiter_of(form), strict=True)
                yield from (
                    row for row in islice(reader, 1, None) if len(row) == len(found.columns)
                )


def text_tables(path: Path, reading: Reading, found: Survey) -> Iterator[pa.Table]:
    """Yield the rows of a surveyed file as Arrow tables in which every value is text."""
    form = reading.format_of(path)
    if form in ("csv", "tsv"):
        yield from _delimited_tables(path, reading.delimiter_of(form), found)
        return
    schema = pa.schema([(name, pa.string()) for name in found.columns])
    every = rows(path, reading, found)
    while batch := list(islice(every, BATCH_ROWS)):
        values = zip(*batch, strict=True)
        yield pa.table([[_as_text(value) for value in column] for column in values], schema=schema)


def own_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns, sure that each has a name of its own, in small letters too."""
    seen: set[str] = set()
    for place, name in enumerate(columns, start=1):
        if not name:
            raise UnreadableError(f"has no name for its column {place}; name it or take it out")
        if name.lower() in seen:
            raise UnreadableError(f"has two columns called {name}; rename one")
        seen.add(name.lower())
    return tuple(columns)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it, losing no digit."""
    match value:
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return format(value, "f")
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.decode(errors="replace")
        case list() | tuple():
            return [plain(element) for element in value]
        case dict():
            return {str(key): plain(element) for key, element in value.items()}
    return str(value)


@contextmanager
def _telling_why() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise UnreadableError("is not UTF-8; save it as UTF-8") from None
    except csv.Error as error:
        raise UnreadableError(f"is not well-formed ({error}); export it again") from None
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise UnreadableError("is no whole gzip file; deliver it again") from None
    except pa.ArrowException:
        raise UnreadableError("is no whole Parquet file; deliver it again") from None
    except OSError as error:
        # Arrow's own errors of broken pages have no number; those of the system have one.
        if error.errno is not None:
            raise
        raise UnreadableError("is no whole Parquet file; deliver it again") from None


def _is_gzip(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _open_text(path: Path) -> IO[str]:
    if _is_gzip(path):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _survey_delimited(text: IO[str], delimiter: str, named: Sequence[str]) -> Survey:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header = [name.strip() for name in next(reader, [])]
    if header and named and len(named) != len(header):
        raise UnreadableError(
            f"has {len(header)} columns where read.columns names {len(named)}; name each of them"
        )
    columns = own_names(named if header and named else header)
    width = len(columns)
    count = 0
    slips = []
    for row in reader:
        if len(row) == width:
            count += 1
        elif row:
            reason = f"{len(row)} values where the header has {width}"
            slips.append(Slip(reader.line_num, reason))
    return Survey(columns, count, tuple(slips))


def _delimited_tables(path: Path, delimiter: str, found: Survey) -> Iterator[pa.Table]:
    """Read with Arrow, many times as fast as Python's csv, what a survey has found well-formed."""
    if not found.count:
        return
    reading = arrow_csv.ReadOptions(
        block_size=LONGEST_FIELD, column_names=list(found.columns), skip_rows_after_names=1
    )
    parsing = arrow_csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda _: "skip"
    )
    converting = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(found.columns, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
    )
    compression = "gzip" if _is_gzip(path) else None
    with pa.input_stream(path, compression) as content:
        try:
            for batch in arrow_csv.open_csv(content, reading, parsing, converting):
                yield pa.Table.from_batches([batch])
        except pa.ArrowInvalid:
            raise UnreadableError("has a row too long to be read; shorten its values") from None


def _survey_json(text: IO[str]) -> Survey:
    columns: dict[str, None] = {}
    count = 0
    slips = []
    for row in _json_rows(text):
        if isinstance(row, Slip):
            slips.append(row)
        else:
            count += 1
            columns.update(dict.fromkeys(row))
    return Survey(tuple(columns), count, tuple(slips))


def _json_rows(text: IO[str]) -> Iterator[dict[str, Any] | Slip]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            # Text keeps 12.50 as it stands, and NaN from passing for a number.
            row = json.loads(line, parse_float=str, parse_constant=str)
            if "\\u" in line:
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            yield Slip(number, "half of a character written as \\u")
        except (ValueError, RecursionError):
            yield Slip(number, "no JSON")
        else:
            yield row if isinstance(row, dict) else Slip(number, "no JSON object")


def _as_text(value: Any) -> str | None:
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool() | list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)
