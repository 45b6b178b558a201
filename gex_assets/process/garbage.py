"""Garbage in cycles, which is looked for while a process makes objects."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["left_lying", "loading"]


@contextmanager
def left_lying() -> Iterator[None]:
    """Look for no garbage in cycles within: for what soon ends its process, and holds little memory.

    Each look goes through the objects of every imported library, none of which ever becomes garbage. In a command that mostly
    imports, that is a fifth of its time. Objects outside cycles are freed as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """Imports within: what they make stays, so it is looked at neither now nor later.

    A run makes many objects, and each look for garbage among them would go through Dagster too: a sixth of a small day's time.
    """
    with left_lying():
        yield
    gc.freeze()
    # At the end of the process it is garbage like the rest. DuckDB counts what is left then, and prints a page of it.
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)
