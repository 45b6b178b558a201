"""The number by which numba's cache notices a changed callee."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.order_book import loop as order_book_loop
from gex_assets.kernels.order_book import rows as order_book_rows
from gex_assets.kernels.order_book import rules as order_book_rules

PROGRAM = """
from numba import njit
SIZE = {size}
@njit
def half(x):
    return x {operation} SIZE + {constant}
"""


def module(*, size: int = 2, operation: str = "/", constant: int = 0) -> ModuleType:
    made = ModuleType("made_up")
    exec(PROGRAM.format(size=size, operation=operation, constant=constant), made.__dict__)  # noqa: S102
    return made


def test_it_changes_with_code_with_numbers_in_it_and_with_constants_used() -> None:
    numbers = [
        fingerprint(module()),
        fingerprint(module(size=3)),
        fingerprint(module(operation="*")),
        fingerprint(module(constant=1)),
    ]
    assert len(set(numbers)) == 4
    assert fingerprint(module()) == numbers[0]
    assert fingerprint(order_book_rows) != fingerprint(order_book_rules)


def test_it_is_the_same_in_every_process_and_part_of_the_compiled_loop() -> None:
    (cell,) = order_book_loop.apply_records.py_func.__closure__
    program = "from gex_assets.kernels.order_book import loop as l; print(l.apply_records.py_func.__closure__[0].cell_contents)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(printed) == cell.cell_contents
