"""How files of any columns become canonical records: in so many words, or by SQL over one file.

A select sees nothing but its file and those declared beside it, so the same files and mapping
always give the same records. What the words of a declaration do is said in declared.py.
"""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import duckdb
import pyarrow as pa
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)

from dagster_project.sources.declared import Declared
from dagster_project.sources.entities import entities
from dagster_project.sources.formats import (
    BATCH_ROWS,
    Reading,
    Row,
    UnreadableError,
    own_names,
)


@dataclass(frozen=True)
class Selected:
    """What a select makes of one file: the same rows in the same order every time, as text."""

    columns: tuple[str, ...]
    count: int
    rows: Iterator[Row]


Content = tuple[Sequence[str], Iterable[pa.Table]]
"""The columns of a file, and its rows as text."""


class MisfitError(Exception):
    """A mapping does not fit what it is asked of. The message names the mapping and the entity."""


def _one_select(sql: str) -> str:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ValueError(f"is no SQL: {_first_line(error)}") from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise ValueError("must be one select over the table `file`")
    return sql.strip().removesuffix(";")


def _below_the_folder(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith("/") or ".." in parts:
        raise ValueError("must be a pattern of files below the source's folder")
    return pattern


def _free_name(name: str) -> str:
    if name == "file" or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"{name} cannot name a table; take small letters, but not `file` itself")
    return name


def _known_entity(name: str) -> str:
    if name not in entities():
        raise ValueError(f"is no entity; take one of {', '.join(entities())}")
    return name


Files = Annotated[str, AfterValidator(_below_the_folder)]
Table = Annotated[str, AfterValidator(_free_name)]


class EntityMapping(Declared):
    """How one entity comes out of the files: as declared, or by a select.

    Attributes:
        files: Which files it is for, where not all those of the mapping.
        read: How they are read, where not as the mapping says.
        drop: What a file is: `delta` tells some records; `full` is all there are, so that what it
            does not hold is gone.
        select: One SELECT in DuckDB's SQL over the table `file`, all of whose columns are text
            (empty text is null); its result has columns of the entity, by their names.
        beside: Other files that the select reads: the name of a table for each, with the path of
            its file below the source's folder.
    """

    files: Files | None = None
    read: Reading | None = None
    drop: Literal["delta", "full"] = "delta"
    select: Annotated[str, AfterValidator(_one_select)] | None = None
    beside: Mapping[Table, Files] = {}


class MappingFile(BaseModel):
    """A mapping file.

    Attributes:
        files: Which files it is for: a pattern below the source's folder.
        read: How they are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Files = ""
    read: Reading = Reading()
    entities: Annotated[
        dict[Annotated[str, AfterValidator(_known_entity)], EntityMapping], Field(min_length=1)
    ]
    _path: Path = PrivateAttr()

    @classmethod
    def load(cls, path: Path) -> "MappingFile":
        """Read a mapping file.

        Raises:
            ValueError: Where it cannot be read or used; the message names the file and the key.
        """
        try:
            mapping = cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ValueError(f"mapping {path}: {error.strerror}; correct its path") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"mapping {path}: is no YAML in UTF-8: {error}") from None
        except ValidationError as error:
            slips = [
                (".".join(map(str, slip["loc"])) or "the file", _words(slip))
                for slip in error.errors(include_url=False, include_input=False)
            ]
        else:
            slips = list(mapping._misfits())
        if slips:
            raise ValueError(f"mapping {path}: {'; '.join(map(': '.join, slips))}")
        mapping._path = path
        return mapping

    def _misfits(self) -> Iterator[tuple[str, str]]:
        for name, mapping in self.entities.items():
            for key, what in mapping.misfits(entities()[name]):
                yield f"entities.{name}.{key}", what
            if not (mapping.files or self.files):
                yield f"entities.{name}.files", "is missing; add it here, or for the whole mapping"
            declared = mapping.model_fields_set & (Declared.model_fields.keys() - {"timezone"})
            if mapping.select is None and mapping.beside:
                yield f"entities.{name}.beside", "is read by no select; take it out, or add one"
            elif mapping.select is not None and declared:
                keys = ", ".join(sorted(declared))
                yield f"entities.{name}.select", f"leaves nothing to {keys}; keep one of the two"

    def fingerprint(self, entity: str) -> str:
        """Return what of this file decides an entity's records."""
        decides = self.entities[entity].model_dump(mode="json", exclude={"files", "read"})
        return json.dumps([self.reading(entity).model_dump(), decides])

    def paths(self, entity: str, folder: Path) -> Iterator[Path]:
        """Yield the files below a folder that an entity comes from."""
        return folder.glob(self.entities[entity].files or self.files)

    def reading(self, entity: str) -> Reading:
        """Return how the files of an entity are read."""
        return self.entities[entity].read or self.read

    def declared(
        self, entity: str, columns: Sequence[str], rows: Iterator[Row]
    ) -> tuple[Sequence[str], Iterator[Row]]:
        """Return an entity's columns and rows, of the columns and rows of a file.

        Raises:
            MisfitError: Where the file lacks a column that is renamed.
        """
        declared = self.entities[entity]
        if lacking := declared.lacking(columns):
            raise MisfitError(
                f"mapping {self._path}: entities.{entity}.rename: the file has no column"
                f" {', '.join(lacking)}; name one of {', '.join(columns)}"
            )
        return declared.applied(entities()[entity], columns, rows)

    @contextmanager
    def select(
        self, entity: str, file: Content, beside: Mapping[str, Content]
    ) -> Iterator[Selected]:
        """Evaluate an entity's select over one file and those beside it.

        Raises:
            MisfitError: Where the file lacks what the select asks for, or the select is wrong.
            UnreadableError: Where the select fails on a value of the file.
        """
        select = self.entities[entity].select
        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            connection.execute("set TimeZone = 'UTC'")
            for name, content in {"file": file, **beside}.items():
                _load(connection, name, content)
            connection.execute("set enable_external_access = false")
            try:
                described = connection.execute(f"describe {select}").fetchall()
            except duckdb.Error as error:
                raise self._misfit(entity, _first_line(error)) from None
            given = {name: type_name for name, type_name, *_ in described}
            self._check_columns(entity, given)
            as_text = ", ".join(_as_text(name, given[name]) for name in given)
            try:
                connection.execute(
                    f"create table selected as select {as_text} from (\n{select}\n) order by all"
                )
            except duckdb.Error as error:
                # The error's own text repeats the value, so it stays out.
                raise UnreadableError(
                    f"has a value on which {self._path.name}, entities.{entity}.select fails "
                    f"({type(error).__name__}); let the select take it, by try_cast or try_strptime"
                ) from None
            (count,) = connection.execute("select count(*) from selected").fetchall()[0]
            yield Selected(tuple(given), count, _rows(connection))

    def _check_columns(self, entity: str, given: Collection[str]) -> None:
        known = entities()[entity]
        if unknown := [name for name in given if name not in known.columns]:
            raise self._misfit(
                entity,
                f"gives {', '.join(unknown)}; take it out, or name it as one of "
                f"{', '.join(known.columns)}",
            )
        if missing := known.required.difference(given):
            raise self._misfit(entity, f"does not give {', '.join(sorted(missing))}; add it")

    def _misfit(self, entity: str, what: str) -> MisfitError:
        return MisfitError(f"mapping {self._path}: entities.{entity}.select: {what}")


def _load(connection: duckdb.DuckDBPyConnection, name: str, content: Content) -> None:
    """Bring a file into a table."""
    columns, tables = content
    schema = pa.schema([(name, pa.string()) for name in own_names(columns)])
    connection.register("part", schema.empty_table())
    connection.execute(f'create table "{name}" as from part')
    for table in tables:
        connection.register("part", table)
        connection.execute(f'insert into "{name}" from part')
    connection.unregister("part")


def _as_text(column: str, type_name: str) -> str:
    """Return the expression that turns a result's column into text that values.py can read."""
    name = f'"{column}"'
    match type_name:
        case "VARCHAR":
            return name
        case "TIMESTAMP":
            return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%f') as {name}"
        case "TIMESTAMP WITH TIME ZONE":
            return f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') as {name}"
    if type_name.endswith("[]"):
        return f"cast(to_json({name}) as varchar) as {name}"
    return f"cast({name} as varchar) as {name}"


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    result = connection.execute("from selected")
    while batch := result.fetchmany(BATCH_ROWS):
        yield from batch


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _words(slip: Any) -> str:
    """Return what pydantic found, with the remedy."""
    if slip["type"] == "missing":
        return "is missing; add it"
    if slip["type"] != "extra_forbidden":
        return str(slip["msg"]).removeprefix("Value error, ")
    *above, key = slip["loc"]
    if above[-1:] == ["read"]:
        known = list(Reading.model_fields)
    else:
        known = list((EntityMapping if above else MappingFile).model_fields)
    near = difflib.get_close_matches(str(key), known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"is no known key; {meant}Known are {', '.join(known)}"
