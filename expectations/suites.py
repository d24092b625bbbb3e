"""Great Expectations on pandas frames: one frame, some checks, the rows that break them.

No rule and no KPI belongs here. Importing it takes seconds, so import it where a guard runs.
"""

import functools
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

# Read when Great Expectations is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx

# It would tell of the temporary folder of every context.
logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Check:
    """An expectation, and in plain words what is wrong with a row that breaks it."""

    expectation: Any
    says: str


@dataclass(frozen=True)
class Breach:
    """A check that failed, with the rows that broke it."""

    says: str
    rows: pd.DataFrame


def breaches(frame: pd.DataFrame, checks: Sequence[Check]) -> list[Breach]:
    """Hold a frame to its checks and return those that fail, in their order."""
    if frame.empty:
        return []
    frame = frame.reset_index(drop=True)
    # It takes a hash of all that it is given.
    judged = frame[sorted({column for check in checks for column in _columns(check.expectation)})]
    batch = _whole_frame().get_batch(batch_parameters={"dataframe": judged})
    suite = gx.ExpectationSuite(name="guard", expectations=[check.expectation for check in checks])
    # Telling which rows takes three times as long, so it is asked for where there are any.
    if batch.validate(suite, result_format="BOOLEAN_ONLY").success:
        return []
    found = []
    for check in checks:
        result = batch.validate(check.expectation, result_format="COMPLETE")
        if result.success:
            continue
        if "unexpected_index_list" not in result.result:
            raise RuntimeError(f"could not be worked out: {check.says}: {result.exception_info}")
        found.append(Breach(check.says, frame.loc[result.result["unexpected_index_list"]]))
    return found


def _columns(expectation: Any) -> list[str]:
    named = [getattr(expectation, key, None) for key in ("column", "column_A", "column_B")]
    return [name for name in named if name] + getattr(expectation, "column_list", [])


@functools.cache
def _whole_frame() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("marts").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")
