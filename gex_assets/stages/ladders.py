"""The selected options of a day as one ladder of strikes per expiration, calls and puts side by side.

`bronze_option_instruments` says which options are selected, `expirations_in_force` which expirations count at a window. Here they
only get their positions. The instruments may grow during a day: `ladders_of` the larger table gives larger ladders.
What was listed keeps its expiration, strike and right. Its position among them may be another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.stages.claim_runs import ClaimRuns, claim_runs
from gex_assets.stages.selection import BEYOND_MAX_DTE

__all__ = ["NEVER", "Ladder", "Ladders", "ladders_of"]

NEVER: Final = np.iinfo(np.int64).max
"""Moment of listing of an option that was not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The strikes of one expiration.

    Attributes
    ----------
    ts_expiration : the exact moment of expiration. [UNIX ns UTC]
    underlying : symbol of the future that the options are exercised into.
    is_beyond : whether it was selected only because no expiration was within `max_dte`.
    strikes : (S,) ascending. [index points]
    multiplier : (S,) that of the right which was listed first; the call's if both were listed at once. [USD per point]
    call, put : (S,) position of the option among `Ladders.instrument_ids`; -1 where the strike has no such option.
    call_listed, put_listed : (S,) when the option was listed; `NEVER` where it was not. [UNIX ns UTC]
    """

    ts_expiration: int
    underlying: str
    is_beyond: bool
    strikes: NDArray[np.float64]
    multiplier: NDArray[np.float64]
    call: NDArray[np.int64]
    put: NDArray[np.int64]
    call_listed: NDArray[np.int64]
    put_listed: NDArray[np.int64]

    @property
    def ts_listed(self) -> int:
        """When the first option of the expiration was listed."""
        return int(min(self.call_listed.min(), self.put_listed.min()))

    def listed(self, ends: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether calls and puts were listed before each window's end: two arrays (W, S)."""
        return self.call_listed[None, :] < ends[:, None], self.put_listed[None, :] < ends[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """All ladders of a day, by expiration.

    Attributes
    ----------
    instrument_ids : (I,) the selected instruments, ascending.
    listed : (I,) when each was listed; `NEVER` where it was not. [UNIX ns UTC]
    runs : the runs of their claims.
    """

    instrument_ids: NDArray[np.uint32]
    listed: NDArray[np.int64]
    by_expiration: tuple[Ladder, ...]
    runs: ClaimRuns

    @property
    def underlyings(self) -> tuple[str, ...]:
        """Each underlying once, in alphabetical order."""
        return tuple(sorted({ladder.underlying for ladder in self.by_expiration}))


def ladders_of(instruments: pa.Table, *, tally: Counter[str]) -> Ladders:
    """Arrange the selected rows of `bronze_option_instruments`.

    An expiration has one underlying, and one call and one put per strike. Where instruments contradict that, the one that was
    listed first is used, of several the one with the lowest instrument_id. The others are counted in `tally`.
    So an instrument that is listed later takes no place away.

    Parameters
    ----------
    instruments : rows of `bronze_option_instruments`, as many as are known.
    tally : counts `expiration_with_two_underlyings` and `option_listed_twice`.
    """
    chosen = instruments.filter(instruments.column("selected")).sort_by("instrument_id")
    ids = chosen.column("instrument_id").to_numpy().astype(np.uint32)
    expirations = chosen.column("ts_expiration").to_numpy()
    strikes = chosen.column("strike").to_numpy()
    multipliers = chosen.column("multiplier").to_numpy()
    listed = chosen.column("ts_listed").fill_null(NEVER).to_numpy()
    is_call = np.array([right == "C" for right in chosen.column("right").to_pylist()], dtype=np.bool_)
    is_beyond = np.array([reason == BEYOND_MAX_DTE for reason in chosen.column("selection_reason").to_pylist()], dtype=np.bool_)
    underlyings = np.array(chosen.column("underlying").to_pylist(), dtype=object)
    by_listing = np.argsort(listed, kind="stable")

    ladders: list[Ladder] = []
    for expiration in np.unique(expirations).tolist():
        members = by_listing[expirations[by_listing] == expiration]
        underlying = underlyings[members[0]]
        foreign = underlyings[members] != underlying
        tally["expiration_with_two_underlyings"] += int(foreign.sum())
        members = members[~foreign]
        ladder_strikes = np.unique(strikes[members])
        position = {right: np.full(ladder_strikes.size, -1, dtype=np.int64) for right in (True, False)}
        for right, positions in position.items():
            of_right = members[is_call[members] == right]
            unique, first = np.unique(strikes[of_right], return_index=True)
            tally["option_listed_twice"] += int(of_right.size - unique.size)
            positions[np.searchsorted(ladder_strikes, unique)] = of_right[first]
        call, put = position[True], position[False]
        call_listed, put_listed = (np.where(one >= 0, listed[one], NEVER) for one in (call, put))
        puts_first = (put >= 0) & ((call < 0) | (put_listed < call_listed))
        ladders.append(
            Ladder(
                ts_expiration=expiration,
                underlying=str(underlying),
                is_beyond=bool(is_beyond[members].all()),
                strikes=ladder_strikes,
                multiplier=multipliers[np.where(puts_first, put, call)],
                call=call,
                put=put,
                call_listed=call_listed,
                put_listed=put_listed,
            )
        )
    return Ladders(instrument_ids=ids, listed=listed, by_expiration=tuple(ladders), runs=claim_runs(chosen))
