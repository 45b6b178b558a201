"""One compiled version for arrays that the compiler tells apart although the loop does not."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["read_only"]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view of the same numbers.

    The compiler has two types for arrays, read-only ones and others. Arrow's are read-only, numpy's results are not. A loop that
    is given both would be compiled twice.
    """
    view = array.view()
    view.flags.writeable = False
    return view
