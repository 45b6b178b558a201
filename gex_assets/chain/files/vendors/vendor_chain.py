"""What the module of a vendor's form makes of a document: rows under common names, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["VendorChain", "mapping_in", "number_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorChain:
    """Rows of a vendor's document.

    Attributes
    ----------
    form : name of the form, for pages.
    rows : one object per option (or per strike), under names that `column_names` knows.
    said : symbol, spot, as_of of the whole chain, where the document says them.
    multiplier : value of a point, where the form decides it. [USD per point]
    notes : code -> what was left out or reinterpreted.
    """

    form: str
    rows: list[dict[str, Any]]
    said: Mapping[str, object] = field(default_factory=dict)
    multiplier: float | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


def mapping_in(document: object, *names: str) -> Mapping[str, Any] | None:
    """The object below keys, one below the other; None where one is missing or is no object."""
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else None


def number_of(value: object) -> float | None:
    """A positive number, also one in an object {"raw": …}; None for everything else."""
    if isinstance(value, Mapping):
        value = value.get("raw")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1e300:
        return None
    return float(value)
