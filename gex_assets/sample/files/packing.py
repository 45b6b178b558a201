"""From the tape to MBO records in one compiled pass, for days of many millions of records; `records` does it step by step.

Random numbers are drawn record by record, so that the records do not depend on when the tape is drained.
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
from gex_assets.sample.files.records import LENGTH, LIVE_LAST, PUBLISHER, SEPARATE_ENDS_FROM, SEPARATE_ENDS_SHARE
from gex_assets.sample.tape import ASK, BID, COUNT, NO_PRICE, Tape, chance, uniform

__all__ = ["Packer"]

B, A, N = (ord(letter) for letter in "BAN")
IN_DELTA_NS, IN_DELTA_SPREAD_NS = 12_800, 1_300.0
COUNTER, DELTA = 0, 2
"""Elements of the packer's state: the counters of both groups of instruments, then the delay of the present packet."""

Records = NDArray[np.void]


class _Form(NamedTuple):
    """What the records of a file have in common.

    Attributes
    ----------
    ids, tick_1e9, channel, outrights : as in `Packer`.
    separate_ends : chance that an event of several records ends in a record of its own.
    """

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
        own.rtype = MBO_RTYPE
        own.publisher_id = PUBLISHER
        own.instrument_id = form.ids[instrument]
        own.ts_event = tape.ts_event[n]
        own.order_id = tape.order_id[n]
        own.price = UNDEF_PRICE if tape.price[n] == NO_PRICE else np.int64(tape.price[n]) * form.tick_1e9
        own.size = tape.size[n]
        own.flags = LIVE_LAST if tape.last[n] else 0
        own.channel_id = form.channel
        own.action = tape.action[n]
        own.side = B if tape.side[n] == BID else (A if tape.side[n] == ASK else N)
        own.ts_recv = tape.ts_recv[n]
        own.ts_in_delta = state[DELTA]
        own.sequence = state[group]
        is_other[k] = instrument >= form.outrights
        k += 1
        is_separate = form.separate_ends > 0.0 and tape.last[n] and is_inside and chance(dice, form.separate_ends)
        is_inside = not tape.last[n]
        if is_separate:
            own.flags = 0
            out[k] = own
            end = out[k]
            end.order_id = 0
            end.price = UNDEF_PRICE
            end.size = 0
            end.flags = LIVE_LAST
            end.action = N
            end.side = N
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
    """Makes records from a tape; the numbers and delays of packets continue from call to call.

    Attributes
    ----------
    ids : instrument ids by the tape's instrument numbers.
    tick_1e9 : the tape's unit of price. [1e-9 index points]
    channel : the venue's channel; 0 futures, 1 options.
    outrights : instruments from this number on are counted apart, so that numbers step back where the group changes.
    day : from `SEPARATE_ENDS_FROM` on some events end in a record of their own.
    sequence : (2,) last packet numbers of both groups.
    seed : seed of the packets' delays.
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
        """Empty the tape; return its records, and which of them belong to the instruments that are counted apart."""
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
