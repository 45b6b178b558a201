"""Cases of a parametrized test of which a few run every time, the rest with the long tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

__all__ = ["mostly_long"]


def mostly_long(cases: Sequence[Any], *, short: int = 1) -> list[Any]:
    """The first cases as they are, the rest marked long: each shows the same rule at another place."""
    return [*cases[:short], *(pytest.param(case, marks=pytest.mark.long) for case in cases[short:])]
