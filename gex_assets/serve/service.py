"""What the routes share: the lake's catalogue, the workers, conventions, and how an answer is made and sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gex_assets.conventions import Convention, conventions
from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.serve.answers.answer_cache import HOLDER, Answer, matches
from gex_assets.serve.answers.negotiation import accepted_encoding, compressed
from gex_assets.serve.answers.row_pages import Deadline, ReplacedError
from gex_assets.serve.catalogue import Catalogue
from gex_assets.serve.workers import Workers
from gex_assets.settings import Settings

__all__ = ["Made", "Service"]

_TRIES: Final = 3


class Made(NamedTuple):
    """A body, and the values of its Link and Content-Security-Policy headers, where it has some."""

    body: bytes
    links: str = ""
    policy: str = ""


@dataclass(frozen=True, eq=False)
class Service:
    """One lake, served.

    Attributes
    ----------
    catalogue : what is published now.
    workers : threads that read.
    settings : the installation's.
    """

    catalogue: Catalogue
    settings: Settings
    workers: Workers = field(default_factory=Workers)
    _making: dict[tuple[str, ...], asyncio.Future[Answer]] = field(default_factory=dict, repr=False)

    @property
    def lake(self) -> Lake:
        """The lake."""
        return self.catalogue.lake

    @cached_property
    def conventions(self) -> Mapping[str, Convention]:
        """The installation's conventions by name."""
        return {one.name: one for one in conventions(self.settings.conventions)}

    async def answer(
        self, request: Request, make: Callable[[Deadline], tuple[str, Callable[[], Made]]], *, media: str
    ) -> Response:
        """Make an answer in a thread, or say that the reader has it already. What several ask for at once is made once.

        Parameters
        ----------
        make : returns the identity of the answer's data, and a function that makes its body. It is called again where a day was
            published or removed in between: then files are other ones, or gone.
        media : media type of the body.
        """
        wanted = request.headers.get("if-none-match", "")
        encoding = accepted_encoding(request.headers.get("accept-encoding", ""))

        def work(deadline: Deadline) -> Answer:
            for attempt in range(_TRIES):
                number = self.catalogue.snapshot.number
                try:
                    identity, body_of = make(deadline)
                    etag = f'W/"{identity[:32]}"'
                    if wanted and matches(etag, wanted):
                        return Answer(etag, _headers(etag, media, ""), b"")
                    made = body_of()
                    body, used = compressed(made.body, encoding)
                    extra = [(b"content-encoding", used.encode())] if used else []
                    if made.policy:
                        extra.append((b"content-security-policy", made.policy.encode()))
                    length = (b"content-length", str(len(body)).encode())
                    return Answer(etag, (*_headers(etag, media, made.links), *extra, length), body)
                except (ReplacedError, LakeError, FileNotFoundError) as error:
                    self.catalogue.refresh()
                    is_explained = isinstance(error, ReplacedError) or self.catalogue.snapshot.number != number
                    if attempt == _TRIES - 1 or not is_explained:
                        raise
            raise ReplacedError  # no attempt is the last one where there are none

        # all that an answer depends on: the request, as far as routes look at it, and the picture that it is made of
        accept, number = request.headers.get("accept", ""), self.catalogue.snapshot.number
        key = (request.url.path, request.url.query, accept, encoding, wanted, str(number))
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(self.workers.run(work))
            making.add_done_callback(lambda made: self._made(key, made))
        found = await asyncio.shield(making)  # who leaves does not end it for the others
        if wanted and matches(found.etag, wanted):
            return _raw(304, found.headers_not_modified, b"")
        holder = request.scope.get(HOLDER)
        if holder is not None:
            holder.append(found)
        return _raw(200, list(found.headers), found.body)

    def _made(self, key: tuple[str, ...], made: asyncio.Future[Answer]) -> None:
        self._making.pop(key, None)
        if not made.cancelled():
            made.exception()  # it is everybody's who waits; where nobody does any more, it is nobody's


def _headers(etag: str, media: str, links: str) -> tuple[tuple[bytes, bytes], ...]:
    found = (
        (b"content-type", media.encode()),
        (b"etag", etag.encode()),
        (b"cache-control", b"private, no-cache"),
        (b"vary", b"Accept, Accept-Encoding"),
    )
    return (*found, (b"link", links.encode())) if links else found


def _raw(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Response:
    answer = Response(status_code=status)
    answer.body = body
    answer.raw_headers = headers
    return answer
