"""The blobs of a picture: columns one after the other, deflated, with what the header says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gex_assets.conventions import WEIGHTS, Convention
from gex_assets.kernels.packing.planes import deflated, planes_of
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.matrices import Packable, core, profile, weight

__all__ = ["Blob", "blobs", "weight_blob"]


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


def weight_blob(name: str) -> str:
    """The blob that holds the contracts of a weight.

    >>> weight_blob("volume")
    'weight-volume'
    """
    return f"weight-{name}"


def blobs(tables: DayTables, axes: Axes, *, first: tuple[Convention, str] | None) -> list[Blob]:
    """All blobs in the order in which a page has them.

    Parameters
    ----------
    first : the convention that is shown first, and its weight; None where no convention has a weight.
    """
    ordered = sorted(WEIGHTS, key=lambda name: first is not None and name != first[1])
    made = [_packed("core", core(tables, axes)), _packed("profile", profile(tables, axes))]
    made += [_packed(weight_blob(name), weight(tables, axes, name), runs=True) for name in ordered]
    return [blob for blob in made if blob.columns]


def _packed(name: str, columns: Iterable[Packable], *, runs: bool = False) -> Blob:
    said: list[dict[str, Any]] = []

    def parts() -> Iterator[bytes]:
        offset = 0
        for one in columns:
            planes, packed = planes_of(one.codes)
            about = one.coding.as_json() | {"blob": name, "planes": planes, "offset": offset}
            said.append(about | ({"steps": list(one.steps)} if one.steps else {}))
            offset += len(packed)
            yield packed

    stream = deflated(parts(), runs=runs)
    return Blob(name, stream, tuple(said))
