"""Values that hold unless an installation or a caller chooses others: the one source for `settings` and for `chain`."""

from __future__ import annotations

from typing import Final

__all__ = ["MIN_STRIKES_REQUIRED", "RATE"]

RATE: Final = 0.04
"""Continuously compounded interest rate. [1/year]"""

MIN_STRIKES_REQUIRED: Final = 10
"""Strikes with an exposure below which a chain is called thin."""
