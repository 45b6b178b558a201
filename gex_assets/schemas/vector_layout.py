"""The elements of a trigger vector in their order: feature, look-back and table of each. A version fixes names and order.

Names, order and version are defined here only. A change of names or order needs a new version with its digest, as a test checks.
Otherwise a model trained on one order could be given another under the same version.
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
    "CROSS_ELEMENTS",
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
"""Windows of a mean and of a mean step, the present window included."""

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
"""Feature of level, options and future together -> its formula. No table stores them: a vector has them with derivatives."""

CROSS_ELEMENTS: Final = _with_derivatives(tuple(CROSS_FEATURES))

VECTOR_VERSION: Final = 2

VECTOR_DIGESTS: Final = {
    1: "5c274b0d460fcddd744af54abb918e5356d2901a19f9d33e63be6e1bfdb2e04d",
    2: "9d194c4107f8bf465704274382d0bbdfa808287f0b750220acf515c3ab77a6b1",
}
"""Version -> its `layout_digest()`; lines are added and never changed."""


class Element(NamedTuple):
    """One element of the vector."""

    name: str
    feature: str
    block: str
    source: str


@functools.cache
def elements() -> tuple[Element, ...]:
    """All elements in their order: by block, and in each the features of silver_gex, of silver_vacuum and the crossed ones."""
    return tuple(_elements())


def _elements() -> Iterator[Element]:
    by_source = zip(SOURCES, (GEX_FEATURES, VACUUM_FEATURES, CROSS_ELEMENTS), strict=True)
    features = [(source, feature) for source, names in by_source for feature in names]
    for block in BLOCKS:
        for source, feature in features:
            yield Element(name=f"{feature}_{block}", feature=feature, block=block, source=source)


FEATURES: Final = len(GEX_FEATURES) + len(VACUUM_FEATURES) + len(CROSS_ELEMENTS)
"""Features of one block."""

VECTOR_LENGTH: Final = len(BLOCKS) * FEATURES


def layout_digest() -> str:
    """Hash of the number, name, block and source of every element."""
    lines = (f"{index}\t{one.name}\t{one.block}\t{one.source}\n" for index, one in enumerate(elements()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
