"""What each entity's records must hold, read from entities.yml. Nothing here reads a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from dagster_project.sources.seam import Contract, Field, FieldType, Personal, TextKind

DEFINITIONS = Path(__file__).with_name("entities.yml")


class Column(BaseModel):
    """One column of an entity; what its keys mean is said at `seam.Field`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType = "text"
    required: bool = False
    choices: frozenset[str] = frozenset()
    at_least: float | None = None
    at_most: float | None = None
    scale_by: str | None = None
    scales: Mapping[str, tuple[float, float]] = {}
    personal: Personal | None = None
    read_as: TextKind | None = None


COMMON = MappingProxyType({"updated_at": Column(type="instant"), "deleted": Column(type="boolean")})
"""What every entity's records may bring beside the entity's own columns."""


@dataclass(frozen=True)
class Entity:
    """One entity: its name, and all columns that its records may bring, the key first."""

    name: str
    columns: Mapping[str, Column]

    @property
    def required(self) -> frozenset[str]:
        """The columns without which a file cannot be this entity."""
        return frozenset(name for name, column in self.columns.items() if column.required)

    def contract(self, timezone: str) -> Contract:
        """Return what a drop of this entity promises, its naive instants being of `timezone`."""
        return Contract(
            key=next(iter(self.columns)),
            cursor="updated_at",
            fields=tuple(Field(path=name, **dict(column)) for name, column in self.columns.items()),
            timezone=timezone,
            deleted="deleted",
        )


@cache
def entities() -> Mapping[str, Entity]:
    """Return all entities under their names, in the order in which their streams land."""
    text = DEFINITIONS.read_text(encoding="utf-8")
    definitions = TypeAdapter(dict[str, dict[str, Column]]).validate_python(yaml.safe_load(text))
    return MappingProxyType(
        {name: Entity(name, {**columns, **COMMON}) for name, columns in definitions.items()}
    )
