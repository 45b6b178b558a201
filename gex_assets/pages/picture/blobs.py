"""The blobs of a picture: columns one after the other, deflated, with what the header says of each."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from gex_assets.conventions import WEIGHTS, Convention
from gex_assets.kernels.packing.planes import deflated, planes_of
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.chain_matrices import weight
from gex_assets.pages.picture.filling import Packable
from gex_assets.pages.picture.matrices import core, profile

__all__ = ["Blob", "blobs", "weight_blob"]

_SMOOTH: Final = ("core", "profile")
"""Blobs whose numbers change all the time, but little. Those of others mostly stay: only runs are looked for in them."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Some columns, packed.

    Attributes
    ----------
    name : as in the page's `gex-blob-NAME`.
    stream : as from `deflated`.
    columns : what the header says of each column.
    """

    name: str
    stream: bytes
    columns: tuple[dict[str, Any], ...]

    @property
    def text(self) -> str:
        """The stream as it stands in the page."""
        return base64.b64encode(self.stream).decode("ascii")


def weight_blob(name: str) -> str:
    """The blob that holds the contracts of a weight.

    >>> weight_blob("volume")
    'weight-volume'
    """
    return f"weight-{name}"


def blobs(tables: DayTables, axes: Axes, *, first: tuple[Convention, str] | None) -> Iterator[Blob]:
    """All blobs in the order in which a page has them, each packed when it is asked for. One is in memory at a time.

    Parameters
    ----------
    first : the convention that is shown first, and its weight; None where no convention has a weight.
    """
    ordered = sorted(WEIGHTS, key=lambda name: first is not None and name != first[1])
    made: dict[str, Callable[[], Iterable[Packable]]] = {
        "core": partial(core, tables, axes),
        "profile": partial(profile, tables, axes),
        **{weight_blob(name): partial(weight, tables, axes, name) for name in ordered},
    }
    for name, columns in made.items():
        blob = _packed(name, columns(), runs=name not in _SMOOTH)
        if blob.columns:
            yield blob


def _packed(name: str, columns: Iterable[Packable], *, runs: bool) -> Blob:
    said: list[dict[str, Any]] = []

    def parts() -> Iterator[memoryview]:
        offset = 0
        for one in columns:
            planes = planes_of(one.cells, codes_of=one.codes_of)
            about = one.coding.as_json() | {"blob": name, "planes": len(planes), "offset": offset}
            said.append(about | ({"steps": list(one.steps)} if one.steps else {}))
            offset += sum(plane.nbytes for plane in planes)
            yield from (plane.data for plane in planes)

    stream = deflated(parts(), runs=runs)
    return Blob(name, stream, tuple(said))
