"""Rows of `open_levels` for a session, and those for the session before it."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake

__all__ = ["day_and_rows_before", "rows_before"]


def rows_before(lake: Lake, *, product: str, session: date | None) -> tuple[pa.Table, pa.Table | None]:
    """Rows of `open_levels` for a session by the latest statistics that are published, and those for the session before it.

    Parameters
    ----------
    session : its trade date; None for the last one that has levels.

    Returns
    -------
    The rows, and those of the last earlier session that has some; None without one.

    Raises
    ------
    GexError
        No levels are published for the session.
    """
    _, rows, earlier = day_and_rows_before(lake, product=product, session=session)
    return rows, earlier


def day_and_rows_before(lake: Lake, *, product: str, session: date | None) -> tuple[date, pa.Table, pa.Table | None]:
    """The partition that the rows for a session are of, and what `rows_before` gives.

    Raises
    ------
    GexError
        No levels are published for the session.
    """
    found: tuple[date, pa.Table] | None = None
    days = lake.days("open_levels", product)
    for day in reversed([day for day in days if session is None or day < session]):  # a session follows its partition's date
        rows = lake.open("open_levels", product=product, day=day).read()
        of = rows["session_date"][0].as_py() if rows.num_rows else None
        if of is None:
            continue
        if found is None and (session is None or of == session):
            found = day, rows
        elif found is not None and of < found[1]["session_date"][0].as_py():
            return *found, rows
    if found is None:
        asked = "any session" if session is None else f"the session of {session}"
        raise GexError(
            f"Expected levels before {asked}, was none for {product}: deliver definitions and statistics of the day before, "
            "then `gex run` that day"
        )
    return *found, None
