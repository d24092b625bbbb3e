"""Which shop a command is about: the one that `STELLAR_SHOP` names, or the bundled demo shop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.home import Home
from dagster_project.shop import Shop


def shop_file() -> Path | None:
    """Return the path that `STELLAR_SHOP` names, or None, which stands for the demo shop."""
    path = os.environ.get("STELLAR_SHOP")
    return Path(path) if path else None


@contextmanager
def open_shop(home: Home) -> Iterator[Shop]:
    """Give the shop with its sources within reach; of the demo shop, on its next night.

    Raises:
        ShopError, StoryOverError: Where there is no such shop, or no such night.
    """
    path = shop_file()
    if path is not None:
        yield Shop.load(path, os.environ)
        return
    from dagster_project.demo.shop import open_night

    with open_night(home) as demo_file:
        yield Shop.load(demo_file, os.environ)


def known_shop(home: Home) -> Shop:
    """Return the shop as it is described, its sources out of reach perhaps.

    Raises:
        ShopError: Where there is no such shop.
    """
    path = shop_file()
    if path is not None:
        return Shop.load(path, os.environ)
    from dagster_project.demo.shop import ENVIRONMENT

    return Shop.load(home.root / "demo" / "shop.yml", {**os.environ, **ENVIRONMENT})
