"""What is said about compilation, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numba import njit

from gex_assets.warm_up.compilation import announced_compilation, is_compiled


def new_kernel() -> Any:
    return njit()(lambda x: x + 1)


@dataclass
class OneCall:
    call: Callable[[], object]


def test_what_is_not_compiled_is_noticed_and_not_compiled() -> None:
    kernel = new_kernel()
    assert not is_compiled([OneCall(lambda: kernel(1))])
    assert kernel.signatures == []


def test_what_is_compiled_is_called() -> None:
    kernel, results = new_kernel(), []
    kernel(1)
    assert is_compiled([OneCall(lambda: results.append(kernel(2)))])
    assert results == [3]


def test_a_line_is_said_once_and_only_while_something_is_compiled() -> None:
    kernel, told = new_kernel(), []
    with announced_compilation(told.append, seconds=35.6):
        assert told == []
        kernel(1)
        kernel(1.0)
    kernel(1j)
    assert told == ["compiling kernels, once per installation: up to about 36 s; later runs find them on disk"]
    with announced_compilation(told.append, seconds=1.0):
        kernel(1)
    assert len(told) == 1
