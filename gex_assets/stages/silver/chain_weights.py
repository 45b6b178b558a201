"""The weights of gamma by window and option: contracts traded by then, and which weight a convention uses on a day.

Statistics and trades are added when they come, any time before the windows that count them. Values and sums are kept by
instrument_id. So an option that is listed later has what was published and traded before.
Open interest is in `statistic_in_force`. Resting sizes are columns of the quotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.conventions import Convention
from gex_assets.kernels.mbo_record import UNDEF_SIZE
from gex_assets.stages.silver.statistic_in_force import StatisticInForce
from gex_assets.stages.silver.waiting_events import Events, Ids, Waiting, positions
from gex_assets.time_units import WINDOW_NS

__all__ = ["Traded", "TradedContracts", "chosen_weight", "open_interest_is_known"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_NEEDS_OPEN_INTEREST: Final = ("open_interest", "oi_plus_flow")
_SIDE_SIGNS: Final = {"B": 1, "A": -1}
_TRADED: Final = np.dtype(
    [("ts", np.int64), ("option", np.uint32), ("volume", np.int64), ("spread_net", np.int64), ("net", np.int64)]
)


class Traded(NamedTuple):
    """Contracts traded before each window's end, (W, I) each.

    Attributes
    ----------
    volume : of every outright trade and of every leg of a spread.
    spread_net : those that aggressors bought less those they sold, through spreads only.
    net : the same through spreads and outright.
    """

    volume: Int
    spread_net: Int
    net: Int


class TradedContracts:
    """Contracts traded outright and as legs of user-defined spreads.

    Time is the day's clock, the running maximum of ts_recv over the whole stream. The buyer of a spread (side B) buys its legs of
    side B and sells those of side A, `ratio` contracts per spread.

    Parameters
    ----------
    tally : counts `spread_trades_without_legs` (only counted), `spread_trades_without_aggressor` (volume, but no flow) and
        `trades_without_size` (the vendor's undefined size: left out).
    """

    def __init__(self, *, tally: Counter[str]) -> None:
        self._tally = tally
        self._waiting = Waiting(_TRADED, order=("ts",))
        self._counted: list[Events] = []
        self._sums: Events = np.zeros(0, dtype=_TRADED)
        self._sums_before: dict[int, Events] = {}

    def add(self, trades: pa.Table) -> None:
        """Add rows of `bronze_option_trades`.

        A window counts those whose clock is before its end. One that is added after that window was given counts from the next
        one on.
        """
        has_size = pc.not_equal(trades.column("size"), UNDEF_SIZE)
        self._tally["trades_without_size"] += trades.num_rows - (pc.sum(has_size).as_py() or 0)
        trades = trades.filter(has_size)
        size = trades.column("size").to_numpy().astype(np.int64)
        side = _signs(trades.column("side"))
        is_spread = trades.column("is_spread").to_numpy()

        legs = trades.column("legs").combine_chunks()
        legs = legs if isinstance(legs, pa.Array) else pa.concat_arrays(legs.chunks or [pa.array([], type=legs.type)])
        leg_count = np.where(is_spread, pc.fill_null(pc.list_value_length(legs), 0).to_numpy(), 0)
        self._tally["spread_trades_without_legs"] += int(np.count_nonzero(is_spread & (leg_count == 0)))
        self._tally["spread_trades_without_aggressor"] += int(np.count_nonzero(is_spread & (leg_count > 0) & (side == 0)))

        outright = np.flatnonzero(~is_spread)
        of_leg = np.repeat(np.arange(leg_count.size), leg_count)
        each = legs.filter(pa.array(leg_count > 0)).flatten()
        leg_size = size[of_leg] * each.field("ratio").to_numpy()

        events = np.zeros(outright.size + of_leg.size, dtype=_TRADED)
        row, ids = np.concatenate([outright, of_leg]), trades.column("instrument_id").to_numpy()[outright]
        events["ts"] = (trades.column("ts_recv").to_numpy() + trades.column("ts_recv_behind").to_numpy())[row]
        events["option"] = np.concatenate([ids, each.field("instrument_id").to_numpy()])
        events["volume"] = np.concatenate([size[outright], leg_size])
        events["spread_net"][outright.size :] = leg_size * side[of_leg] * _signs(each.field("side"))
        events["net"] = np.concatenate([size[outright] * side[outright], events["spread_net"][outright.size :]])
        self._waiting.add(events)

    def at(self, ends: Int, *, instrument_ids: Ids) -> Traded:
        """What was traded before each window's end; 0 before the first trade.

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than in all calls before. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        before = self._sums
        if (new := self._waiting.until(ends)).size:
            self._counted.append(new)
            self._sums = _summed([before, new])
            for moment, summed in self._sums_before.items():
                if (late := new["ts"] < moment).any():
                    self._sums_before[moment] = _summed([summed, new[late]])
        window, option, events = _cells(np.concatenate([before, new]), ends, instrument_ids)
        sums = []
        for name in Traded._fields:
            added = np.zeros((ends.size, instrument_ids.size), dtype=np.int64)
            np.add.at(added, (window, option), events[name])
            sums.append(np.cumsum(added, axis=0))
        return Traded(*sums)

    def before(self, moments: Int, *, instrument_ids: Ids) -> Traded:
        """What of that was traded before these moments, whatever `at` has counted since.

        Parameters
        ----------
        moments : (W, I) one for each value of the latest call of `at`. [UNIX ns UTC]
        instrument_ids : (I,) as in that call.
        """
        sums = Traded(*(np.zeros(moments.shape, dtype=np.int64) for _ in Traded._fields))
        for moment in np.unique(moments).tolist():
            if moment not in self._sums_before:
                self._sums_before[moment] = _summed([taken[taken["ts"] < moment] for taken in self._counted])
            events = self._sums_before[moment]
            place, known = positions(events["option"], instrument_ids)
            for name in Traded._fields:
                of_option = np.zeros(instrument_ids.size, dtype=np.int64)
                of_option[place[known]] = events[name][known]
                there = moments == moment
                getattr(sums, name)[there] = np.broadcast_to(of_option, moments.shape)[there]
        return sums


def _summed(parts: Sequence[Events]) -> Events:
    """One event per option, with the sums of all; its moment is before every window."""
    events = np.concatenate([np.zeros(0, dtype=_TRADED), *parts])
    options, place = np.unique(events["option"], return_inverse=True)
    sums = np.zeros(options.size, dtype=_TRADED)
    sums["ts"], sums["option"] = -1, options
    for name in Traded._fields:
        np.add.at(sums[name], place, events[name])
    return sums


def open_interest_is_known(statistics: pa.Table, *, first_window_start_ns: int) -> bool:
    """Whether open interest of any option is in force when the day's first window ends; earlier days' statistics count.

    Parameters
    ----------
    statistics : `bronze_option_statistics` of the day.
    first_window_start_ns : start of the day's first window. [UNIX ns UTC]
    """
    published = StatisticInForce()
    published.add(statistics)
    return published.any_before(first_window_start_ns + WINDOW_NS)


def chosen_weight(convention: Convention, *, has_open_interest: bool) -> str | None:
    """The weight a convention uses for the whole day: the first of its list that exists; None where none does.

    Parameters
    ----------
    convention : its `weights` are in order of preference.
    has_open_interest : by `open_interest_is_known`. Weights made of open interest exist with it, all others always.
    """
    return next((weight for weight in convention.weights if has_open_interest or weight not in _NEEDS_OPEN_INTEREST), None)


def _cells(events: Events, ends: Int, instrument_ids: Ids) -> tuple[Int, Int, Events]:
    """Positions of the first window that counts an event and of its option, and the events of these options."""
    option, known = positions(events["option"], instrument_ids)
    events = events[known]
    return np.searchsorted(ends, events["ts"], side="right"), option[known], events


def _signs(sides: pa.ChunkedArray | pa.Array) -> Int:
    """1 for B, -1 for A, 0 for anything else."""
    text = sides.cast(pa.string())
    signs = np.zeros(len(text), dtype=np.int64)
    for side, sign in _SIDE_SIGNS.items():
        signs[pc.equal(text, side).to_numpy(zero_copy_only=False)] = sign
    return signs
