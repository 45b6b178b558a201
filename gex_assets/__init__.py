"""gex_assets: order-by-order options data becomes gamma exposure, levels and regimes, as a graph of daily tables.

`open_lake` gives researchers every table; it is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gex_assets.client import open_lake

__all__ = ["open_lake"]


def __getattr__(name: str) -> Any:
    if name == "open_lake":
        from gex_assets.client import open_lake

        return open_lake
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
