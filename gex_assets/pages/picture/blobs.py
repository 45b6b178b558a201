"""The blobs of a picture: columns one after the other, deflated, with what the header says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.conventions import WEIGHTS, Convention
from gex_assets.kernels.exposure.exposure import gamma_exposure, signs
from gex_assets.kernels.packing.planes import deflated, planes_of
from gex_assets.kernels.packing.quantizing import from_linear
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes, numbers_of
from gex_assets.pages.picture.columns import OVERVIEW
from gex_assets.pages.picture.matrices import Packable, chain_groups, core, profile, weight

__all__ = ["Blob", "blobs", "weight_blob"]

Float = NDArray[np.float64]

_KEY: Final = ("forward", "multiplier", "gamma")


@dataclass(frozen=True, slots=True)
class Blob:
    """Some columns, packed.

    Attributes
    ----------
    name : as in the page's `gex-blob-NAME`.
    stream : raw deflate.
    columns : what the header says of each column.
    largest : of the overview, the exposure that its last step stands for; 0 of any other. [unit of the convention's scale]
    """

    name: str
    stream: bytes
    columns: tuple[dict[str, Any], ...]
    largest: float = 0.0


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
    made = [] if first is None else [_overview(tables, axes, *first)]
    made += [_packed("core", core(tables, axes)), _packed("profile", profile(tables, axes))]
    made += [_packed(weight_blob(name), weight(tables, axes, name), runs=True) for name in ordered]
    return [blob for blob in made if blob.columns]


def _packed(name: str, columns: Iterable[Packable], *, largest: float = 0.0, runs: bool = False) -> Blob:
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
    return Blob(name, stream, tuple(said), largest)


def _overview(tables: DayTables, axes: Axes, convention: Convention, weight: str) -> Blob:
    """Net exposure of every line once a minute, as the sign times the root of its share of the largest."""
    net = np.full((axes.lines, -(-axes.windows // OVERVIEW.every)), np.nan)
    names = tuple(dict.fromkeys(f"{right}_{one}" for one in (weight, "flow_inventory") for right in ("call", "put")))
    for rows, line, window in chain_groups(tables, axes, (*_KEY, *names)):
        there = (line >= 0) & (window >= 0) & (window % OVERVIEW.every == 0)
        if there.any():
            net[line[there], window[there] // OVERVIEW.every] = _net(rows.filter(there), convention, weight)
    largest = float(np.nanmax(np.abs(net), initial=0.0))
    if largest == 0.0:
        return Blob("overview", b"", ())
    codes = from_linear(np.sign(net) * np.sqrt(np.abs(net) / largest), step=OVERVIEW.step)
    return _packed("overview", [Packable(OVERVIEW, codes)], largest=largest)


def _net(rows: Any, convention: Convention, weight: str) -> Float:
    market = {"gamma": numbers_of(rows, "gamma"), "F": numbers_of(rows, "forward"), "multiplier": numbers_of(rows, "multiplier")}
    flow = [numbers_of(rows, f"{right}_flow_inventory") for right in ("call", "put")]
    of_calls, of_puts = signs(sign_model=convention.sign_model, call_flow=flow[0], put_flow=flow[1])
    call, put = (
        gamma_exposure(weight=numbers_of(rows, f"{right}_{weight}"), scale=convention.scale, **market) * sign
        for right, sign in (("call", of_calls), ("put", of_puts))
    )
    known = np.isfinite(call) | np.isfinite(put)
    return np.where(known, np.nan_to_num(call) + np.nan_to_num(put), np.nan)
