"""What the reader accepts: the format of an answer, and how it may be compressed."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, Literal

import pyarrow as pa

from gex_assets.serve.answers.parameters import FORMATS, Format
from gex_assets.serve.answers.problems import ProblemError

__all__ = ["Encoding", "accepted_encoding", "accepted_format", "compressed"]

Encoding = Literal["", "gzip", "zstd"]
_SMALLEST: Final = 500
"""Bytes below which nothing is compressed."""
_BY_PREFERENCE: Final[tuple[Encoding, ...]] = ("zstd", "gzip")
_GZIP_LEVEL: Final = 5
_MOST_RANGES: Final = 20


def accepted_format(asked: Format | None, accept: str) -> Format:
    """The format asked for, else the one that Accept prefers, else JSON.

    Raises
    ------
    ProblemError
        Accept names others only.
    """
    if asked is not None:
        return asked
    ranges = _ranges(accept)
    if not ranges:
        return "json"
    best: tuple[float, Format] | None = None
    for form, media in FORMATS.items():
        quality = _quality(ranges, media)
        if quality > 0.0 and (best is None or quality > best[0]):
            best = (quality, form)
    if best is None:
        raise ProblemError(
            HTTPStatus.NOT_ACCEPTABLE, f"Expected Accept with one of {', '.join(FORMATS.values())}, was {accept}: or give format="
        )
    return best[1]


def accepted_encoding(accept_encoding: str) -> Encoding:
    """The compression to use: zstd where it is accepted, else gzip, else none."""
    ranges = _ranges(accept_encoding)
    for name in _BY_PREFERENCE:
        if any(one == name and quality > 0.0 for one, quality in ranges):
            return name
    return ""


def compressed(body: bytes, encoding: Encoding) -> tuple[bytes, Encoding]:
    """The body as it is sent; small ones stay as they are."""
    if not encoding or len(body) < _SMALLEST:
        return body, ""
    if encoding == "zstd":
        return bytes(pa.Codec("zstd", compression_level=3).compress(body, asbytes=True)), "zstd"
    return gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"


def _ranges(header: str) -> list[tuple[str, float]]:
    """Names with their qualities; what cannot be read counts as not said."""
    found = []
    for part in header.lower().split(",")[:_MOST_RANGES]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name:
            found.append((name, _quality_of(parameters)))
    return found


def _quality_of(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _quality(ranges: list[tuple[str, float]], media: str) -> float:
    """How much a media type is wanted: the most specific range counts."""
    kind = media.partition("/")[0]
    for name in (media, f"{kind}/*", "*/*"):
        qualities = [quality for one, quality in ranges if one == name]
        if qualities:
            return max(qualities)
    return 0.0
