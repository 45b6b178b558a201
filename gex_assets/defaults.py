"""Values that hold unless an installation or a caller chooses others: the one source of them."""

from __future__ import annotations

from typing import Final

__all__ = ["IN_REACH_SIGMAS", "MAX_EXPANSION_RATIO", "MAX_FILE_BYTES", "MIN_STRIKES_REQUIRED", "RATE", "SERVE_PORT"]

RATE: Final = 0.04
"""Continuously compounded interest rate. [1/year]"""

MIN_STRIKES_REQUIRED: Final = 10
"""Strikes with an exposure below which a chain is called thin."""

MAX_EXPANSION_RATIO: Final = 100.0
"""Decompressed bytes for each byte of a delivered file above which it is refused. Real files have 2 to 9."""

MAX_FILE_BYTES: Final = 32_000_000_000
"""Decompressed bytes of a delivered file above which it is refused. 120 million records, a large day, are 6.7 GB."""

IN_REACH_SIGMAS: Final = 3.0
"""A price farther away than so many of one day's standard deviations is not shown to people as a level."""

SERVE_PORT: Final = 8474
"""Port of `gex serve`."""
