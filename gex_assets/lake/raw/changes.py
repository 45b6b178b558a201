"""Which tables a day's delivered files ask to make again, by the same rule as the status and as runs that reuse a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from gex_assets.errors import LakeError
from gex_assets.lake.freshness import Freshness, HashOf, is_partial, noted_sha256
from gex_assets.lake.lineage import WHILE_RUNNING
from gex_assets.lake.raw.deliveries import DeliveredDay
from gex_assets.lake.raw.layout import RAW_KINDS, RawKind
from gex_assets.lake.raw.refusals import is_still_refused
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import OPEN_TABLES, PREMARKET
from gex_assets.schemas.table import Table

__all__ = ["Changes", "changes"]

ORDERS: tuple[RawKind, ...] = ("option_mbo", "future_mbo")
"""Kinds that start a day: without orders there is nothing that definitions or statistics could describe."""


class Changes(NamedTuple):
    """What is to be made again because of a day's delivered files.

    Attributes
    ----------
    tables : the tables that read files which are not those that the lake was computed from; none where it is up to date.
    blocked : raw tables to be left as they are: their files were refused and have not changed since, or were all taken away.
    why_not : why something is not made, though files came or went; empty where there is nothing to say.
    alone : whether `tables` are all that can be made; what is made from them waits for orders.
    """

    tables: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    why_not: str = ""
    alone: bool = False


def changes(
    lake: Lake,
    tables: Mapping[str, Table],
    delivered: DeliveredDay,
    *,
    product: str,
    sha256: HashOf,
    trust_only_notes: bool,
    was_requested: bool,
) -> Changes:
    """Find the tables that a day's files ask to make again.

    Statistics alone, with definitions or without, make `PREMARKET` and nothing else; definitions alone make nothing. A day that
    was run once is made again for whatever its tables read. One that was still running then is made again as a whole, once other
    files come. Where all files of a kind were refused or taken away, its raw table and all that is made from it stay as they are
    published. Files of other kinds are read all the same.

    Parameters
    ----------
    tables : all tables by name.
    sha256 : finds the hash of a delivered file, reading it where it is not noted.
    trust_only_notes : a file whose hash is not noted with its size, time and tag counts as changed: the run will read it.
    was_requested : a run was requested for an earlier state, which may not be published yet.
    """
    judge = Freshness(lake, tables, lambda _: "")
    day = delivered.day
    hashed = _noted_or_unknown if trust_only_notes else sha256
    due: list[str] = []
    refused: list[str] = []
    taken: list[str] = []
    for kind in RAW_KINDS:
        name, keys = f"raw_{kind}", [file.key for file in delivered.of(kind)]
        stored = _published(lake, name, product, day)
        rejection = lake.rejection(name, product=product, day=day) if keys else None
        if stored is not None and stored.num_rows and not keys:
            taken.append(name)
        elif rejection is not None and rejection.files and is_still_refused(lake, rejection, keys=keys, sha256=sha256):
            refused.append(name)
        elif (stored is None and keys) or (
            stored is not None and _has_other_files(judge, stored, tables[name], delivered, hashed)
        ):
            due.append(name)
    blocked = (*refused, *taken)
    # They are made of the day's options too: where these are refused or gone, they stay as they are until others come.
    can_be_made = not any(name.startswith("raw_option") for name in blocked)
    readers = {name: _published(lake, name, product, day) for name, table in tables.items() if table.statistics_days}
    for name, stored in readers.items():
        if stored is not None and can_be_made and _has_other_files(judge, stored, tables[name], delivered, hashed):
            due.append(name)
    why_not = _why_left(refused, taken, day)
    if readers["bronze_option_statistics"] is None and not any(delivered.of(kind) for kind in ORDERS):
        return _premarket(delivered, due, blocked, why_not, is_made=all(readers[name] is not None for name in OPEN_TABLES))
    if not due and not taken and was_requested:
        due = [f"raw_{kind}" for kind in RAW_KINDS if delivered.of(kind) and f"raw_{kind}" not in blocked]
    return _of_partial_days(lake, tables, Changes(tuple(due), blocked, why_not), product=product, day=day)


def _of_partial_days(lake: Lake, tables: Mapping[str, Table], found: Changes, *, product: str, day: date) -> Changes:
    """The changes, with all tables that do not say yet that the day is over, where something came; else why nothing is made."""
    if found.tables:
        marked = [name for name in tables if is_partial(lake, name, product, day)]
        left = [name for name in marked if name not in (*found.tables, *found.blocked)]
        return found._replace(tables=(*found.tables, *left))
    if not found.why_not and any(is_partial(lake, f"raw_{kind}", product, day) for kind in RAW_KINDS):
        return found._replace(
            why_not=f"it was {WHILE_RUNNING}, and no other files came: `gex refresh --date {day}` makes it whole"
        )
    return found


def _why_left(refused: Sequence[str], taken: Sequence[str], day: date) -> str:
    """Why raw tables of a day are left as they are, and what to do; empty where none is."""
    words = [f"{', '.join(refused)} refused, and its files have not changed"] if refused else []
    if taken:
        words.append(
            f"its {', '.join(taken)} files were taken away and what is published stays: `gex run --date {day}` makes it without"
        )
    return "; ".join(words)


def _premarket(delivered: DeliveredDay, due: Sequence[str], blocked: tuple[str, ...], why_not: str, *, is_made: bool) -> Changes:
    """What is made of a day without orders."""
    if not delivered.files:
        return Changes()
    if not delivered.of("option_statistics"):
        nothing = "definitions alone start no run: neither statistics nor orders (mbo) have come yet"
        return Changes((), blocked, why_not or nothing)
    if blocked:  # what else came is read, so that a bad file is known before its day begins
        return Changes(tuple(name for name in due if name.startswith("raw_")), blocked, why_not, alone=True)
    if is_made and not due:
        return Changes(why_not="orders (mbo) have not come yet; the levels for the next session are made")
    return Changes(PREMARKET, alone=True)


def _has_other_files(judge: Freshness, stored: StoredTable, table: Table, delivered: DeliveredDay, sha256: HashOf) -> bool:
    """Whether a table-day was computed from other delivered files. For one of another version of the code no file is read."""
    try:
        lineage = stored.lineage
        read_nothing = sha256 is not _noted_or_unknown and lineage.code_version != table.version
        hashed = noted_sha256 if read_nothing else sha256
        return any(True for _ in judge.delivered_reasons(stored, table, lineage.product, delivered.day, sha256=hashed))
    except LakeError:
        return True  # its lineage cannot be read


def _published(lake: Lake, name: str, product: str, day: date) -> StoredTable | None:
    try:
        return lake.find(name, product=product, day=day)
    except LakeError:
        return None  # it cannot be read: it is made again


def _noted_or_unknown(lake: Lake, key: str) -> str:
    return noted_sha256(lake, key) or "unknown"
