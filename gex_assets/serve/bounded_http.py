"""HTTP as the server reads it: uvicorn's fast parser, with bounds of size and time on the head of a request.

The parser itself has none: a client may send headers without end, or a letter a minute. Bodies have their bounds in
`answers.bodies`.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from gex_assets.serve.answers.problems import problem_response

__all__ = ["BoundedHttp"]

_LARGEST_HEAD: Final = 32_768
"""Most bytes of address and headers. What arrives at once is read at once, so that a connection holds some 300 KB of them."""
_LONGEST_SECONDS: Final = 30.0
"""How long a head may take to arrive, from the connection or from its first letter on."""

_IS_WRONG: Final = "Expected a request of HTTP/1.1, was something else: send one"


class BoundedHttp(HttpToolsProtocol):
    """One connection of a client. What is refused is answered with problem details, and the connection ends.

    A head of more than 32 KiB is refused with 431, and one that takes longer than 30 s with 408. A connection on which nothing
    arrived ends without a word. An offer of another protocol is not taken: the request is answered as if there were none.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = False
        self._in_body = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._refusal = HTTPStatus.BAD_REQUEST, _IS_WRONG

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what waits."""
        self._end_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what arrived, and refuse a head that has grown too large before it is whole."""
        if not self._in_body:
            self._head_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(rest=data[offer.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        if self.transport.is_closing() or not self._head_bytes:
            return
        if self._head_bytes > _LARGEST_HEAD:
            self._refuse_size()
            self.send_400_response("")
        elif self._head_timer is None:
            self._await_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head is too large. After an offer of another protocol it is read once more."""
        self._in_head, self._in_body, self._head_bytes = False, not self.parser.should_upgrade(), 0
        self._end_waiting()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > _LARGEST_HEAD:
            self._refuse_size()
            raise httptools.HttpParserError
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is whole; what follows is another one."""
        self._in_body = False
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is refused, and end the connection. In the midst of another answer nothing can be said."""
        if self.cycle is None or self.cycle.response_complete:
            status, detail = self._refusal
            answer = problem_response(status, detail, headers={"Connection": "close"})
            lines = [b"%s: %s\r\n" % header for header in (*self.server_state.default_headers, *answer.raw_headers)]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()

    def _decline(self, *, rest: bytes) -> None:
        """Read a request once more without its offer of another protocol, after which the parser takes nothing for a body.

        Parameters
        ----------
        rest : what arrived after the head.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":  # asks for a tunnel, and has no other form
            self.send_400_response("")
            return
        kept = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        line = b"%s %s HTTP/%s\r\n" % (method, self.url, self.parser.get_http_version().encode())
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([line, *kept, b"\r\n", rest]))

    def _refuse_size(self) -> None:
        self._refusal = (
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"Expected at most {_LARGEST_HEAD >> 10} KiB of address and headers, was more: send less",
        )

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(_LONGEST_SECONDS, self._head_is_late)

    def _end_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if not self._in_head:
            self.transport.close()
            return
        self._refusal = (
            HTTPStatus.REQUEST_TIMEOUT,
            f"Expected whole headers within {_LONGEST_SECONDS:g} s, was a part: send them at once",
        )
        self.send_400_response("")
