"""Whether numba compiles: asked before a long command, and said once while one runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from numba.core import event

from gex_assets.warm_up.units import UNITS, Unit

__all__ = ["announced_compilation", "is_compiled"]

_EVENT = "numba:compile"
"""numba sends it before it compiles, and not when it loads machine code from its cache."""


class _NotCompiledError(Exception):
    """A kernel is not in the cache."""


class _Refuse(event.Listener):
    """Ends a call before anything is compiled."""

    def on_start(self, event: event.Event) -> None:
        raise _NotCompiledError

    def on_end(self, event: event.Event) -> None:
        pass


class _SayOnce(event.Listener):
    """Says a line when the first compilation begins."""

    def __init__(self, say: Callable[[str], None], line: str) -> None:
        self._say, self._line = say, line
        self._said = False

    def on_start(self, event: event.Event) -> None:
        if not self._said:
            self._said = True
            self._say(self._line)

    def on_end(self, event: event.Event) -> None:
        pass


def is_compiled(units: Sequence[Unit] = UNITS) -> bool:
    """Whether numba's cache has all kernels of these units. Those that it has are loaded; nothing is compiled."""
    with event.install_listener(_EVENT, _Refuse()):
        try:
            for unit in units:
                unit.call()
        except _NotCompiledError:
            return False
    return True


@contextlib.contextmanager
def announced_compilation(say: Callable[[str], None], *, seconds: float) -> Iterator[None]:
    """Say once, when the first kernel is compiled within, that this happens once.

    Parameters
    ----------
    say : shows a line.
    seconds : what compiling all takes at most. [s]
    """
    line = f"compiling kernels, once per installation: up to about {seconds:.0f} s; later runs find them on disk"
    with event.install_listener(_EVENT, _SayOnce(say, line)):
        yield
