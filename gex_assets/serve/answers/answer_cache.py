"""Answers kept as bytes, so that a request that was asked before is answered without any work.

An answer is kept with the number of the catalogue's picture. When something was published, it counts as unknown: the route makes
it again, or finds by the ETag that it is the same.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gex_assets.serve.catalogue import Catalogue

__all__ = ["HOLDER", "Answer", "AnswerCache", "matches"]

HOLDER: Final = "gex_assets.answers"
"""Key of the scope under which a route leaves an answer that may be kept."""

_MOST_ANSWERS: Final = 1_000
_MOST_BYTES: Final = 64 << 20
_LARGEST: Final = 1 << 20
_LONGEST_QUERY: Final = 1_000

_Key = tuple[str, bytes, str, str]
_NOT_MODIFIED_HAS: Final = {b"etag", b"cache-control", b"vary", b"link"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent.

    Attributes
    ----------
    etag : weak: the same data in another compression is the same.
    headers : raw, with the ETag.
    """

    etag: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def headers_not_modified(self) -> list[tuple[bytes, bytes]]:
        """Headers of the answer that says "not modified"."""
        return [(name, value) for name, value in self.headers if name in _NOT_MODIFIED_HAS]


def matches(etag: str, if_none_match: str) -> bool:
    """Whether If-None-Match names the ETag, or any."""
    if if_none_match.strip() == "*":
        return True
    mine = etag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") == mine for one in if_none_match.split(","))


class AnswerCache:
    """Answers GET requests from memory where the same was asked since the catalogue's picture last changed."""

    def __init__(self, app: ASGIApp, catalogue: Catalogue) -> None:
        self._app = app
        self._catalogue = catalogue
        self._answers: OrderedDict[_Key, tuple[int, Answer]] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or ask the routes."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = (scope["path"], scope["query_string"], headers.get("accept", ""), headers.get("accept-encoding", ""))
        number = self._catalogue.snapshot.number
        kept = self._answers.get(key)
        if kept is not None and kept[0] == number:
            self._answers.move_to_end(key)
            await _send(kept[1], headers.get("if-none-match", ""), send)
            return
        holder: list[Answer] = []
        scope[HOLDER] = holder
        await self._app(scope, receive, send)
        if holder and len(holder[0].body) <= _LARGEST and sum(map(len, key)) <= _LONGEST_QUERY:
            self._keep(key, number, holder[0])

    def _keep(self, key: _Key, number: int, answer: Answer) -> None:
        before = self._answers.pop(key, None)
        self._bytes += len(answer.body) - (0 if before is None else len(before[1].body))
        self._answers[key] = (number, answer)
        while len(self._answers) > _MOST_ANSWERS or self._bytes > _MOST_BYTES:
            _, (_, oldest) = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)


async def _send(answer: Answer, if_none_match: str, send: Send) -> None:
    if if_none_match and matches(answer.etag, if_none_match):
        await send({"type": "http.response.start", "status": 304, "headers": answer.headers_not_modified})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})
