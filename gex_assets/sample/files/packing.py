"""From the tape to the vendor's records in one compiled pass: what `records` does step by step, for days of many millions.

Chance enters record by record, so the records do not depend on when the tape is drained.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.mbo_record import MBO_NUMBERS, MBO_RTYPE
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.lake.dbn.reader import MBO_DTYPE, UNDEF_PRICE
from gex_assets.sample import tape as tape_module
from gex_assets.sample.files.records import LIVE_LAST, PUBLISHER, SEPARATE_ENDS_FROM, SEPARATE_ENDS_SHARE
from gex_assets.sample.tape import COUNT, NO_PRICE, Tape, chance, uniform

__all__ = ["Packer"]

B, A, N = (ord(letter) for letter in "BAN")
LENGTH: Final = MBO_DTYPE.itemsize // 4
RTYPE: Final = MBO_RTYPE
IN_DELTA_NS, IN_DELTA_SPREAD_NS = 12_800, 1_300.0
COUNTER, DELTA = 0, 2

Records = NDArray[np.void]


class _Form(NamedTuple):
    """What a file's records have in common; `outrights`: instruments from here on are numbered by the venue's other counter."""

    ids: NDArray[np.uint32]
    tick_1e9: int
    channel: int
    outrights: int
    separate_ends: float


@njit()
def _pack(
    tape: Tape, form: _Form, state: NDArray[np.int64], dice: NDArray[np.uint64], out: Any, is_other: NDArray[np.bool_]
) -> int:
    k = 0
    is_inside = False
    for n in range(tape.clock[COUNT]):
        instrument = tape.instrument[n]
        group = COUNTER + (1 if instrument >= form.outrights else 0)
        if tape.packet[n]:
            state[group] += 1
            thrown = (1.0 - uniform(dice)) * (1.0 - uniform(dice))
            state[DELTA] = IN_DELTA_NS - int(IN_DELTA_SPREAD_NS * np.log(thrown))
        own = out[k]
        own.length = LENGTH
        own.rtype = RTYPE
        own.publisher_id = PUBLISHER
        own.instrument_id = form.ids[instrument]
        own.ts_event = tape.ts_event[n]
        own.order_id = tape.order_id[n]
        own.price = UNDEF_PRICE if tape.price[n] == NO_PRICE else np.int64(tape.price[n]) * form.tick_1e9
        own.size = tape.size[n]
        own.flags = LIVE_LAST if tape.last[n] else 0
        own.channel_id = form.channel
        own.action = tape.action[n]
        own.side = B if tape.side[n] == 0 else (A if tape.side[n] == 1 else N)
        own.ts_recv = tape.ts_recv[n]
        own.ts_in_delta = state[DELTA]
        own.sequence = state[group]
        is_other[k] = instrument >= form.outrights
        k += 1
        is_separate = form.separate_ends > 0.0 and tape.last[n] and is_inside and chance(dice, form.separate_ends)
        is_inside = not tape.last[n]
        if is_separate:
            own.flags = 0
            end = out[k]
            end.length = LENGTH
            end.rtype = RTYPE
            end.publisher_id = PUBLISHER
            end.instrument_id = own.instrument_id
            end.ts_event = own.ts_event
            end.order_id = 0
            end.price = UNDEF_PRICE
            end.size = 0
            end.flags = LIVE_LAST
            end.channel_id = form.channel
            end.action = N
            end.side = N
            end.ts_recv = own.ts_recv
            end.ts_in_delta = own.ts_in_delta
            end.sequence = own.sequence
            is_other[k] = instrument >= form.outrights
            k += 1
    tape.clock[COUNT] = 0
    return k


def _compiled(unit: int) -> Any:
    @njit(cache=True)
    def pack(
        tape: Tape, form: _Form, state: NDArray[np.int64], dice: NDArray[np.uint64], out: Any, is_other: NDArray[np.bool_]
    ) -> int:
        unit  # noqa: B018
        return int(_pack(tape, form, state, dice, out, is_other))

    return pack


_packed: Final = _compiled(fingerprint(tape_module, sys.modules[__name__]))


@dataclass(slots=True, kw_only=True)
class Packer:
    """Makes records of what a tape holds, and goes on where it stopped: packets' numbers and delays.

    Attributes
    ----------
    ids : instrument ids by the tape's instrument numbers.
    tick_1e9 : the tape's unit of price. [1e-9 index points]
    channel : the venue's channel; 0 futures, 1 options.
    outrights : instruments from this number on count their packets on their own, so the numbers step back in between.
    day : from mid-2026 on some events end in a record of their own.
    sequence : (2,) last packet numbers of both groups.
    seed : of the packets' delays.
    """

    ids: NDArray[np.uint32]
    tick_1e9: int
    channel: int
    outrights: int
    day: date
    sequence: tuple[int, int]
    seed: int
    _state: NDArray[np.int64] | None = None
    _dice: NDArray[np.uint64] | None = None

    def __call__(self, tape: Tape) -> tuple[Records, NDArray[np.bool_]]:
        """Take the records written so far and empty the tape; and say which are of instruments that are numbered on their own."""
        if self._state is None or self._dice is None:
            self._state = np.array([*self.sequence, IN_DELTA_NS], np.int64)
            self._dice = np.random.SeedSequence(self.seed).generate_state(1, np.uint64) | np.uint64(1)
        separate = SEPARATE_ENDS_SHARE if self.day >= SEPARATE_ENDS_FROM else 0.0
        count = int(tape.clock[COUNT])
        out = np.empty(2 * count if separate else count, MBO_NUMBERS)
        form = _Form(self.ids, self.tick_1e9, self.channel, self.outrights, separate)
        is_other = np.empty(len(out), np.bool_)
        made = int(_packed(tape, form, self._state, self._dice, out, is_other))
        return out[:made].view(MBO_DTYPE), is_other[:made]
