"""Compiled code loads without `scipy.linalg`, and what multiplies matrices finds it."""

from __future__ import annotations

import subprocess
import sys

from gex_assets.kernels.numba_tools.late_blas import init

COMMAND = """
import sys
import numba, numpy as np

@numba.njit
def total(x):
    return x.sum()

@numba.njit
def product(x, y):
    return np.dot(x, y)

print(total(np.ones(3)), "scipy.linalg" in sys.modules)
print(product(np.arange(4.0).reshape(2, 2), np.ones((2, 2))).tolist(), "scipy.linalg" in sys.modules)
print(product(np.arange(3.0), np.ones(3)))
"""


def test_blas_is_looked_for_where_matrices_are_multiplied() -> None:
    """numba calls `init` by itself, as pyproject.toml tells it."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", COMMAND], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["3.0 False", f"{[[1.0, 1.0], [5.0, 5.0]]} True", "3.0"]


def test_numba_keeps_its_own_look_for_blas() -> None:
    from numba.np import linalg

    before = linalg.ensure_blas
    init()
    assert linalg.ensure_blas is before
    assert before.__module__ == "numba.np.linalg"
    before()


def test_without_scipy_numba_looks_and_finds_none(monkeypatch) -> None:
    monkeypatch.setattr("gex_assets.kernels.numba_tools.late_blas.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "numba.np.linalg", None)  # importing it would fail
    init()
