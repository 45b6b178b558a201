"""Runs the application: where it listens, what it says at the start, and how it ends."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final

import uvicorn

from gex_assets.errors import GexError, SettingsError
from gex_assets.lake.tables import Lake
from gex_assets.serve.app import Application, make_app
from gex_assets.serve.bounded_http import BoundedHttp
from gex_assets.serve.security import is_loopback
from gex_assets.settings import Settings

__all__ = ["Listening", "Server", "listen", "make_server"]

_ALL_ADDRESSES: Final = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound)
_SHUTDOWN_SECONDS: Final = 3
_BACKLOG: Final = 512
_SHORTEST_TOKEN: Final = 16


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket and where it can be asked."""

    socket: socket.socket
    host: str

    @property
    def port(self) -> int:
        """The port, also where 0 let the system choose."""
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        host = "localhost" if self.host in _ALL_ADDRESSES else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def listen(host: str, port: int) -> Listening:
    """Bind an address.

    Raises
    ------
    GexError
        It is taken, forbidden, or none of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise GexError(f"Expected an address of this machine, was {host}: give another with --host") from error
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)  # who connects before the server runs waits
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise GexError(
                f"Expected port {port} of {host} to be free, was taken by another program: give another with --port, or 0 for any"
            ) from error
        raise GexError(
            f"Expected to listen on port {port} of {host}, was: {error.strerror}: give another --host or --port"
        ) from error
    bound.set_inheritable(True)
    return Listening(bound, host)


class Server(uvicorn.Server):
    """A server whose open streams end when it is asked to end; otherwise it would wait for their readers."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self.application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then as usual."""
        self.application.close()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """End it from another thread."""
        self.application.close()
        self.should_exit = True


def make_server(
    lake: Lake,
    settings: Settings,
    listening: Listening,
    *,
    token: str | None = None,
    poll_seconds: float = 1.0,
    started: Callable[[], object] = lambda: None,
) -> Server:
    """A server for a lake; `run(sockets=[listening.socket])` runs it.

    Parameters
    ----------
    token : that every request must bring; needed where others than this machine can reach the address.
    poll_seconds : how often the lake is looked at for what was published.
    started : called when it answers.

    Raises
    ------
    SettingsError
        A token is needed and there is none, or it is too short.
    """
    if token is None and not is_loopback(listening.host):
        raise SettingsError(
            f"Expected --token or GEX_SERVE_TOKEN to listen on {listening.host}, which others can reach, was none:"
            " give one, or leave out --host"
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise SettingsError(f"Expected a token of at least {_SHORTEST_TOKEN} letters, was {len(token)}: make a longer one")
    application = make_app(
        lake,
        settings,
        hosts={listening.host},
        any_address=listening.host in _ALL_ADDRESSES,
        token=token,
        poll_seconds=poll_seconds,
        started=started,
    )
    config = uvicorn.Config(
        application.asgi,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=BoundedHttp,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        backlog=_BACKLOG,
    )
    return Server(config, application)
