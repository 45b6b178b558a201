"""What a person sees while kernels are compiled: a live line at a terminal, a line per unit elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from gex_assets.warm_up.side_by_side import Compiling, State
    from gex_assets.warm_up.units import Unit

__all__ = ["shown_compiling", "state_line"]


def state_line(state: State) -> str:
    """How far it is, in one line; without an estimate where it takes longer than that."""
    rest = f", about {state.rest:.0f} s left" if state.rest >= 1.0 else ""
    return f"compiled {state.done} of {state.total} in {state.elapsed:.0f} s{rest}"


@contextlib.contextmanager
def shown_compiling(console: Console) -> Iterator[Compiling]:
    """Compile all kernels side by side, and show how far that is until it is done."""
    from gex_assets.process.machine import cores
    from gex_assets.warm_up.side_by_side import Compiling
    from gex_assets.warm_up.units import UNITS

    def finished(unit: Unit, state: State) -> None:
        if not console.is_terminal:
            console.print(f"  {state_line(state)}: {unit.name.replace('_', ' ')}", markup=False)
        elif state.done == state.total:
            live.stop()

    together = min(cores(), len(UNITS))
    console.print(
        f"Compiling {len(UNITS)} units of kernels to machine code, {together} at a time. "
        "It happens once: later runs find them on disk.",
        markup=False,
    )
    compiling: Compiling | None = None

    def renderable() -> Text:
        return Text(f"  {state_line(compiling.state)}" if compiling is not None else "", style="dim")

    live = Live(get_renderable=renderable, console=console, refresh_per_second=2, transient=True)
    with contextlib.ExitStack() as stack:
        if console.is_terminal:  # begun first, so that it is shown too while what is left is waited for at the end
            stack.enter_context(live)
        compiling = stack.enter_context(Compiling(UNITS, finished=finished))
        yield compiling
