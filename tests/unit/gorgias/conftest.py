"""One server for all tests of Gorgias, and an empty helpdesk for each."""

from collections.abc import Iterator
from typing import Any

import pytest
from helpdesk import API_KEY, EMAIL, GetStream, Helpdesk, ReadPages, Server, serving

from dagster_project.sources.gorgias import Gorgias
from dagster_project.sources.seam import Page, Walk


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def desk(server: Server) -> Helpdesk:
    server.desk = Helpdesk()
    return server.desk


@pytest.fixture
def waits() -> list[float]:
    """What the client would have slept, in seconds."""
    return []


@pytest.fixture
def source(server: Server, desk: Helpdesk) -> Gorgias:
    return Gorgias.model_validate(
        {
            "kind": "gorgias",
            "name": "desk",
            "domain": "seoul-lamp",
            "email": EMAIL,
            "api_key": API_KEY,
            "start": "2024-01-01",
            "base_url": server.url,
        }
    )


@pytest.fixture
def stream(source: Gorgias, waits: list[float]) -> GetStream:
    """Return a stream of the shop's account by its name."""
    return {each.name: each for each in source.streams(sleep=waits.append)}.__getitem__


@pytest.fixture
def walk(stream: GetStream) -> ReadPages:
    """Read a stream to its end."""

    def read(name: str, **told: Any) -> list[Page]:
        return list(stream(name).pages(Walk(**told)))

    return read
