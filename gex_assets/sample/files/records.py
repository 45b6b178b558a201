"""From the tape to MBO records: units, flags, sequence numbers, and the snapshot that a file begins with.

`packing` does the same for the options of a profile with a budget, in one compiled pass. What the records mean is decided before.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.mbo_record import F_BAD_TS_RECV, F_LAST, F_PUBLISHER_SPECIFIC, F_SNAPSHOT, MBO_RTYPE
from gex_assets.lake.dbn.reader import MBO_DTYPE, UNDEF_PRICE
from gex_assets.sample.tape import BID, NO_PRICE, NO_SIDE

__all__ = [
    "LENGTH",
    "LIVE_LAST",
    "PUBLISHER",
    "SEPARATE_ENDS_FROM",
    "SEPARATE_ENDS_SHARE",
    "merged",
    "records",
    "snapshot",
    "with_separate_ends",
    "with_sequence",
]

LIVE_LAST: Final = F_LAST | F_PUBLISHER_SPECIFIC
SNAPSHOT_FLAGS: Final = F_SNAPSHOT | F_BAD_TS_RECV
SIDES: Final = np.frombuffer(b"BAN", "S1")
"""Letters of the tape's BID, ASK and NO_SIDE."""

LENGTH: Final = MBO_DTYPE.itemsize // 4
"""Length of a record in words of four bytes, as its header states it."""

PUBLISHER: Final = 1
SEPARATE_ENDS_FROM: Final = date(2026, 7, 1)
SEPARATE_ENDS_SHARE: Final = 0.3
"""Share of events that end in a record of their own, and the first day on which they do."""

Records = NDArray[np.void]


def _blank(count: int, channel: int) -> Records:
    out = np.zeros(count, MBO_DTYPE)
    out["length"] = LENGTH
    out["rtype"] = MBO_RTYPE
    out["publisher_id"] = PUBLISHER
    out["channel_id"] = channel
    return out


def records(
    drained: dict[str, Any], *, ids: NDArray[np.uint32], tick_1e9: int, channel: int, dice: np.random.Generator
) -> tuple[Records, NDArray[np.bool_]]:
    """Make MBO records from what was drained from a tape.

    Parameters
    ----------
    drained : the tape's arrays.
    ids : instrument ids by the tape's instrument numbers.
    tick_1e9 : the tape's unit of price. [1e-9 index points]
    channel : the venue's channel; 0 futures, 1 options.

    Returns
    -------
    records without sequence numbers, and where a packet begins.
    """
    out = _blank(len(drained["ts_recv"]), channel)
    out["instrument_id"] = ids[drained["instrument"]]
    out["ts_event"] = drained["ts_event"]
    out["ts_recv"] = drained["ts_recv"]
    out["order_id"] = drained["order_id"]
    price = drained["price"].astype(np.int64)
    out["price"] = np.where(price == NO_PRICE, UNDEF_PRICE, price * tick_1e9)
    out["size"] = drained["size"]
    out["action"] = drained["action"].view("S1")
    out["side"] = SIDES[np.minimum(drained["side"], NO_SIDE)]
    out["flags"] = np.where(drained["last"], LIVE_LAST, 0)
    in_packet = np.cumsum(drained["packet"])
    delays = 12_800 + dice.gamma(2.0, 1_300.0, int(in_packet[-1]) + 1 if len(in_packet) else 1)
    out["ts_in_delta"] = delays[in_packet].astype(np.int32) if len(in_packet) else 0
    return out, np.asarray(drained["packet"], np.bool_)


def merged(parts: list[tuple[Records, NDArray[np.bool_]]]) -> tuple[Records, NDArray[np.bool_]]:
    """Merge streams by ts_recv; records of one moment stay in the order of the streams."""
    if len(parts) == 1:
        return parts[0]
    whole = np.concatenate([part for part, _ in parts])
    starts = np.concatenate([start for _, start in parts])
    order = np.argsort(whole["ts_recv"], kind="stable")
    return whole[order], starts[order]


def snapshot(
    drained: dict[str, Any],
    *,
    ids: NDArray[np.uint32],
    silent: NDArray[np.bool_],
    tick_1e9: int,
    channel: int,
    ts_ns: int,
    ages_ns: NDArray[np.int64],
) -> Records:
    """Make the snapshot: per instrument an R and then its resting orders, best price first, with their old ts_event.

    Parameters
    ----------
    drained : the resting orders as a tape's A records.
    ids : instrument ids by the tape's instrument numbers.
    silent : instruments that have no record in the snapshot.
    ts_ns : the time at which all of it is received. [UNIX ns]
    ages_ns : age of each order. [ns]
    """
    instrument = drained["instrument"].astype(np.int64)
    side = drained["side"].astype(np.int64)
    price = drained["price"].astype(np.int64)
    order = np.lexsort((drained["order_id"], np.where(side == BID, -price, price), side, instrument))
    clears = np.flatnonzero(~silent)
    out = _blank(len(order) + len(clears), channel)
    keys = np.concatenate([2 * clears, 2 * instrument[order] + 1])
    place = np.argsort(keys, kind="stable")
    rank = np.empty(len(place), np.int64)
    rank[place] = np.arange(len(place))
    of_clears, of_orders = rank[: len(clears)], rank[len(clears) :]
    out["ts_recv"] = ts_ns
    out["flags"] = SNAPSHOT_FLAGS
    out["side"] = b"N"
    out["action"] = b"R"
    out["price"] = UNDEF_PRICE
    out["ts_event"] = ts_ns
    out["instrument_id"][of_clears] = ids[clears]
    out["instrument_id"][of_orders] = ids[instrument[order]]
    out["action"][of_orders] = b"A"
    out["side"][of_orders] = SIDES[side[order]]
    out["price"][of_orders] = price[order] * tick_1e9
    out["size"][of_orders] = drained["size"][order]
    out["order_id"][of_orders] = drained["order_id"][order]
    out["ts_event"][of_orders] = ts_ns - ages_ns[order]
    out["sequence"][of_orders] = 600 + (np.arange(len(order)) // 12)
    is_last = np.append(out["instrument_id"][1:] != out["instrument_id"][:-1], True)
    out["flags"] = np.where(is_last & (len(out) > 0), SNAPSHOT_FLAGS | F_LAST, SNAPSHOT_FLAGS)
    return out


def with_separate_ends(
    block: Records, starts: NDArray[np.bool_], *, day: date, dice: np.random.Generator
) -> tuple[Records, NDArray[np.bool_]]:
    """Let some events of several records end in a record of their own, as from mid-2026 on: action N, no price, F_LAST.

    Parameters
    ----------
    starts : where a packet begins.

    Returns
    -------
    The block and its packets' beginnings with such records inserted; unchanged on days before `SEPARATE_ENDS_FROM`.
    """
    if day < SEPARATE_ENDS_FROM:
        return block, starts
    is_end = (block["flags"] == LIVE_LAST) & np.append(False, block["flags"][:-1] == 0)
    ends = np.flatnonzero(is_end)
    ends = ends[dice.random(len(ends)) < SEPARATE_ENDS_SHARE]
    rows = block[ends].copy()
    for name, value in (("action", b"N"), ("side", b"N"), ("order_id", 0), ("price", UNDEF_PRICE), ("size", 0)):
        rows[name] = value
    block["flags"][ends] = 0
    return np.insert(block, ends + 1, rows), np.insert(starts, ends + 1, False)


def with_sequence(
    block: Records, *, starts: NDArray[np.bool_], own_counter: NDArray[np.bool_], sequence: NDArray[np.int64]
) -> Records:
    """Number the packets. Two groups of instruments are counted apart, so that numbers step back where the group changes.

    Parameters
    ----------
    starts : where a packet begins.
    own_counter : records of the second group.
    sequence : (2,) last numbers of both groups; updated in place.
    """
    for k, own in enumerate((~own_counter, own_counter)):
        numbers = sequence[k] + np.cumsum(starts[own])
        block["sequence"][own] = numbers
        if len(numbers):
            sequence[k] = numbers[-1]
    return block
