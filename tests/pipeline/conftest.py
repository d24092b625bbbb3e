"""Shops that more than one file of tests looks at, each built once."""

import pytest
from guarded_shop import build_shop

from dagster_project.night import Plan


@pytest.fixture(scope="session")
def guarded_shop(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The small shop; tests that ask for it are of the group of its name."""
    return build_shop(tmp_path_factory.mktemp("guarded_shop"))
