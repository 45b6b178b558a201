"""A pytest plugin that lets compiled code run as Python, so that coverage can see its lines.

With `NUMBA_DISABLE_JIT=1` numba leaves functions as they are. What remains are its intrinsics: machine instructions without a
body in Python. This plugin gives each intrinsic of the package one. `make coverage` loads it; no other run does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import Phase, settings
from numba.core.extending import _Intrinsic


def _polynomial(x: float, coefficients: tuple[float, ...]) -> float:
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def _copy(target: Any, at: int, source: Any, first: int, count: int) -> None:
    target.reshape(-1)[at : at + count] = source.reshape(-1)[first : first + count]


BODIES: dict[str, Callable[..., Any]] = {
    "_polynomial": _polynomial,
    "_copy": _copy,
    "_highest_bit": lambda word: np.uint64(int(word).bit_length() - 1),
    "_unowned": lambda arrays: arrays,
    "_prefetch": lambda array, index: None,
}


def _call(self: _Intrinsic, *args: Any, **kwargs: Any) -> Any:
    return BODIES[self._name](*args, **kwargs)


_Intrinsic.__call__ = _call

# Only the lines matter here: the same tests are judged where they run compiled.
settings.register_profile("uncompiled", max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
settings.load_profile("uncompiled")
