"""Which shop a command is about: the one that `STELLAR_SHOP` names, or the bundled demo shop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.home import Home
from dagster_project.shop import Shop


@contextmanager
def open_shop(home: Home) -> Iterator[Path]:
    """Give the path of the shop file, the demo shop's with its server up on its next night.

    Raises:
        StoryOverError: Where the demo shop has no next night.
    """
    named = os.environ.get("STELLAR_SHOP")
    if named:
        yield Path(named)
        return
    from dagster_project.demo.shop import open_night

    with open_night(home) as demo_file:
        yield demo_file


def known_shop(home: Home) -> Shop:
    """Return the shop as it is described, its sources out of reach perhaps.

    Raises:
        ShopError: Where there is no such shop, or no night of the demo shop yet.
    """
    named = os.environ.get("STELLAR_SHOP")
    if named:
        return Shop.load(Path(named), os.environ)
    from dagster_project.demo.shop import ENVIRONMENT

    return Shop.load(home.root / "demo" / "shop.yml", {**os.environ, **ENVIRONMENT})
