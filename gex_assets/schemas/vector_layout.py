"""The order of a trigger vector's elements: which feature, over which look-back, from which table; frozen by a version.

Names, order and version of the elements are made here and nowhere else. A change of either needs a new version and its digest,
or a test fails: a model that learned one order must never be shown another under the same number.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from gex_assets.schemas import silver_gex, silver_vacuum
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, GEX_FAMILIES, derivative_column

__all__ = [
    "BLOCKS",
    "CROSS_FEATURES",
    "FEATURES",
    "GEX_FEATURES",
    "LOOK_BACKS",
    "SOURCES",
    "VACUUM_FEATURES",
    "VECTOR_DIGESTS",
    "VECTOR_LENGTH",
    "VECTOR_VERSION",
    "Element",
    "elements",
    "layout_digest",
]

LOOK_BACKS: Final = (3, 9, 24)
"""Windows, the present one included, that means and mean steps are taken over."""

BLOCKS: Final = ("now", *(f"{kind}_{n}" for kind in ("mean", "step") for n in LOOK_BACKS))

SOURCES: Final = ("silver_gex", "silver_vacuum", "cross")


def _with_derivatives(base: tuple[str, ...]) -> tuple[str, ...]:
    return (*base, *(derivative_column(order, name) for order in DERIVATIVE_ORDERS for name in base))


GEX_FEATURES: Final = _with_derivatives(silver_gex.base_features())
VACUUM_FEATURES: Final = _with_derivatives(silver_vacuum.base_features())

CROSS_FEATURES: Final = {
    **{
        f"{family}_level_{part}_vacuum": f"{exposure} exposure at the level, {about}, times the vacuum on that side"
        for family, exposure in GEX_FAMILIES.items()
        for part, about in (("gross", "calls and puts"), ("net", "net"))
    },
    "gamma_pull_future_pull": "gamma_pull_add_log times the future's pull_add_log_rest on the level's side",
    **{
        f"{family}_hedge_per_depth": (
            f"futures to trade per point by {family}_net_total / (size resting in the future between its mid and the level + 1)"
        )
        for family in GEX_FAMILIES
    },
}
"""What exists only where a level, the options and the future meet; without derivatives, as no table holds them."""

VECTOR_VERSION: Final = 1

VECTOR_DIGESTS: Final = {1: "5c274b0d460fcddd744af54abb918e5356d2901a19f9d33e63be6e1bfdb2e04d"}
"""Version -> `layout_digest()` of it; lines are added, never changed."""


class Element(NamedTuple):
    """One element of the vector."""

    name: str
    feature: str
    block: str
    source: str


@functools.cache
def elements() -> tuple[Element, ...]:
    """All elements in their order: block by block, in each the features of silver_gex, of silver_vacuum, the crossed ones."""
    return tuple(_elements())


def _elements() -> Iterator[Element]:
    by_source = zip(SOURCES, (GEX_FEATURES, VACUUM_FEATURES, tuple(CROSS_FEATURES)), strict=True)
    features = [(source, feature) for source, names in by_source for feature in names]
    for block in BLOCKS:
        for source, feature in features:
            yield Element(name=f"{feature}_{block}", feature=feature, block=block, source=source)


FEATURES: Final = len(GEX_FEATURES) + len(VACUUM_FEATURES) + len(CROSS_FEATURES)
"""Features of one block."""

VECTOR_LENGTH: Final = len(BLOCKS) * FEATURES


def layout_digest() -> str:
    """Hash of the number, name, block and source of every element."""
    lines = (f"{index}\t{one.name}\t{one.block}\t{one.source}\n" for index, one in enumerate(elements()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
