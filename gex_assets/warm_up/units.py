"""What is compiled before it is needed: which tiny call, for whom, and about how long it takes."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["UNITS", "Unit", "seconds_of"]

User = Literal["sample", "graph"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A tiny call that compiles some kernels. No kernel belongs to two units: two processes never write one cache entry.

    Attributes
    ----------
    name : a function of `sample_calls` (the sample's) or `kernel_calls` (the graph's).
    user : who needs it.
    seconds : what it takes one core of 2.5 GHz, measured; only estimates depend on it. [s]
    """

    name: str
    user: User
    seconds: float

    def call(self) -> None:
        """Make the call; what is not in numba's cache is compiled and stored there."""
        module = importlib.import_module(f"gex_assets.warm_up.{'sample' if self.user == 'sample' else 'kernel'}_calls")
        getattr(module, self.name)()


UNITS: Final = (
    Unit(name="options", user="sample", seconds=26.0),
    Unit(name="futures", user="sample", seconds=8.0),
    Unit(name="greeks", user="sample", seconds=1.5),
    Unit(name="order_books", user="graph", seconds=28.0),
    Unit(name="level_errors", user="graph", seconds=4.0),
    Unit(name="drawn_walls", user="graph", seconds=3.0),
    Unit(name="smiles", user="graph", seconds=3.0),
    Unit(name="levels_of_strikes", user="graph", seconds=3.0),
    Unit(name="roots_of_profiles", user="graph", seconds=2.5),
    Unit(name="implied_volatilities", user="graph", seconds=2.0),
    Unit(name="walked_roots", user="graph", seconds=2.0),
    Unit(name="parity_forwards", user="graph", seconds=1.5),
    Unit(name="order_records", user="graph", seconds=1.0),
    Unit(name="pricing", user="graph", seconds=1.0),
    Unit(name="profiles", user="graph", seconds=0.5),
    Unit(name="follow_prices", user="graph", seconds=0.5),
)
"""In the order in which they begin: what the sample needs first, then the longest."""


def seconds_of(user: User) -> float:
    """What all units of the sample or of the graph take on one core [s]."""
    return sum(unit.seconds for unit in UNITS if unit.user == user)
