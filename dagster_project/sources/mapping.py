"""How files of any columns become canonical records: by SQL over one file at a time.

A select sees nothing but its file, so the same file and mapping always give the same records.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

import duckdb
import pyarrow as pa
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

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


class MisfitError(Exception):
    """A select does not fit what it is asked of. The message names the mapping and the entity."""


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


def _known_entity(name: str) -> str:
    if name not in entities():
        raise ValueError(f"is no entity; take one of {', '.join(entities())}")
    return name


class EntityMapping(BaseModel):
    """How one entity comes out of the files.

    Attributes:
        select: One SELECT in DuckDB's SQL over the table `file`, all of whose columns are text
            (empty text is null); its result has columns of the entity, by their names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    select: Annotated[str, AfterValidator(_one_select)]


class MappingFile(BaseModel):
    """A mapping file.

    Attributes:
        files: Which files it is for: a pattern below the source's folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Annotated[str, AfterValidator(_below_the_folder)]
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
            slips = (
                f"{'.'.join(map(str, slip['loc'])) or 'the file'}: {slip['msg']}"
                for slip in error.errors(include_url=False, include_input=False)
            )
            raise ValueError(f"mapping {path}: {'; '.join(slips)}") from None
        mapping._path = path
        return mapping

    def fingerprint(self, entity: str) -> str:
        """Return what of this file decides an entity's records."""
        return json.dumps([self.read.model_dump(), self.entities[entity].select])

    @contextmanager
    def select(
        self, entity: str, columns: Sequence[str], tables: Iterable[pa.Table]
    ) -> Iterator[Selected]:
        """Evaluate an entity's select over one file.

        Raises:
            MisfitError: Where the file lacks what the select asks for, or the select is wrong.
            UnreadableError: Where the select fails on a value of the file.
        """
        select = self.entities[entity].select
        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            connection.execute("set TimeZone = 'UTC'")
            _load(connection, columns, tables)
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


def _load(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], tables: Iterable[pa.Table]
) -> None:
    """Bring a file into the table `file`."""
    schema = pa.schema([(name, pa.string()) for name in own_names(columns)])
    connection.register("part", schema.empty_table())
    connection.execute("create table file as from part")
    for table in tables:
        connection.register("part", table)
        connection.execute("insert into file from part")
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
