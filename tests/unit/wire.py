"""A server that answers with the very bytes that a test gives, or breaks off in the middle."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket], None]

DATE = "Fri, 20 Nov 2026 03:00:00 GMT"


@dataclass
class Wire:
    """Where the server listens, and the requests that it got."""

    url: str
    requests: list[str] = field(default_factory=list)


def reply(status: int, body: str = "{}", **headers: str) -> bytes:
    """Return an answer whole; underscores in the names of headers stand for hyphens."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body.encode())}",
        "Connection: close",
        *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def truncated(connection: socket.socket) -> None:
    """Promise more bytes than come."""
    connection.sendall(b'HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{"data": [')


def reset(connection: socket.socket) -> None:
    """Break off in the middle of a body, by RST."""
    truncated(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    """Say nothing until the other side has had enough."""
    connection.recv(1)


@contextmanager
def answering(*answers: Answer) -> Iterator[Wire]:
    """Give one answer to each connection; the last of them comes again and again."""
    remaining = list(answers)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(url=f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    request = connection.recv(65536)
                    if not request:
                        return
                    wire.requests.append(request.decode())
                    answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                    if callable(answer):
                        answer(connection)
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            # A connection without a request ends the thread.
            socket.create_connection(listener.getsockname()).close()
            thread.join()
