"""Numbers in, numbers out: order book, forward, volatility, greeks, exposure, levels.

No I/O, no logging, no exceptions on data. `black76` is the interface for other programs; it is loaded where it is asked for,
because compiled code takes seconds to load.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["black76"]


def __getattr__(name: str) -> ModuleType:
    """Load `black76` when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.pricing.{name}")
