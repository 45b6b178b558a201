"""Levels as a table in a terminal: price, name, error, and how sure a wall is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gex_assets.analytics.reach import LEAST_ERROR
from gex_assets.conventions import SCALE_UNITS
from gex_assets.report.chain_tables import amount_text
from gex_assets.report.levels.named import LevelSet
from gex_assets.report.text import lines_of, new_table

__all__ = ["level_lines"]


def level_lines(sets: Sequence[LevelSet], *, width: int) -> Iterator[str]:
    """Each set under a line that says what it is, the highest price first.

    Parameters
    ----------
    width : of the terminal. [characters]
    """
    for number, one in enumerate(sets):
        if number:
            yield ""
        yield one.title
        yield one.known
        yield _exposure(one)
        table = new_table()
        table.add_column("price", justify="right")
        table.add_column("±", justify="right")
        table.add_column("level")
        table.add_column("kept by", justify="right")
        for level in one.levels:
            table.add_row(
                f"{level.price:,.2f}",
                _error(level.error),
                level.name,
                "–" if level.kept is None else f"{level.kept:.0%}",
            )
        yield from lines_of(table, width=width)


def _exposure(one: LevelSet) -> str:
    if one.net is None:
        return "no exposure is known"
    error = "" if one.net_error is None else f" ± {amount_text(one.net_error)}"
    return f"net exposure {amount_text(one.net, signed=True)}{error} {SCALE_UNITS[one.scale]}"


def _error(error: float | None) -> str:
    if error is None:
        return "–"
    return f"{error:,.2f}" if error >= LEAST_ERROR else f"<{LEAST_ERROR}"
