"""What the routes share: the lake's catalogue, the workers, conventions, and how an answer is made and sent."""

from __future__ import annotations

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
        """Make an answer in a thread, or say that the reader has it already.

        Parameters
        ----------
        make : returns the identity of the answer's data, and a function that makes its body. It is called again where a day was
            published or removed in between: then files are other ones, or gone.
        media : media type of the body.
        """
        wanted = request.headers.get("if-none-match", "")
        encoding = accepted_encoding(request.headers.get("accept-encoding", ""))

        def work(deadline: Deadline) -> Answer | None:
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
            return None

        found = await self.workers.run(work)
        assert found is not None  # noqa: S101 (the last attempt returns or raises)
        if wanted and matches(found.etag, wanted):
            return _raw(304, found.headers_not_modified, b"")
        holder = request.scope.get(HOLDER)
        if holder is not None:
            holder.append(found)
        return _raw(200, list(found.headers), found.body)


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
