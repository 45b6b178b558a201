"""Lets numba look for BLAS where compiled code multiplies matrices, not before the first call of any.

numba asks scipy for BLAS as it begins, which imports all of `scipy.linalg`: a fifth of what a command like `gex chain` takes. No
kernel multiplies matrices. What does still finds BLAS: numba asks again whenever it compiles such a function.

numba calls `init` before it compiles or loads anything (the entry point `numba_extensions` in pyproject.toml).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

__all__ = ["init"]


def init() -> None:
    """Load numba's functions of arrays without looking for BLAS; where scipy is missing, numba looks and finds none."""
    if find_spec("scipy") is None:
        return
    from numba.np import linalg

    looks = linalg.ensure_blas
    linalg.ensure_blas = _found
    try:
        import_module("numba.np.arraymath")  # looks once, as it is imported
    finally:
        linalg.ensure_blas = looks


def _found() -> None:
    """BLAS is taken to be there: scipy always has it."""
