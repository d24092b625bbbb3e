"""Columns in the types of our entities. Which records of the demo shop they hold, others say."""

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import NEVER, Instants


def ids(numbers: Codes) -> pa.Array:
    """Return numbers as text."""
    return pa.array(numbers).cast(pa.string())


def numbered(letter: str, rows: Codes, width: int) -> pa.Array:
    """Return the ids of rows: a letter and a number from 1 on; null for `NOBODY`."""
    numbers = pa.array(rows + 1, mask=rows == NOBODY).cast(pa.string())
    return pc.binary_join_element_wise(letter, pc.utf8_lpad(numbers, width, "0"), "")


def account_ids(rows: Codes) -> pa.Array:
    """Return the shop's own ids of these accounts; null for `NOBODY`."""
    return numbered("C", rows, 6)


def instants(moments: Instants) -> pa.Array:
    """Return instants; null for `NEVER`."""
    return pa.array(moments, mask=moments == NEVER).cast(pa.timestamp("us", tz="UTC"))


def words_of(pool: pa.Array, codes: Codes) -> pa.Array:
    """Return the pool's words by code; null for `NOBODY`."""
    return pool.take(pa.array(codes, mask=codes == NOBODY))


def where(flags: Flags, values: pa.Array) -> pa.Array:
    """Return the values where the flag is set, else null."""
    return pc.if_else(pa.array(flags), values, None)
