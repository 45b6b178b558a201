"""Since when an instrument's records are read without a hole: claims that touch are one run, after a hole another begins.

Inventories begin with the run that a window lies in.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["ALWAYS", "ClaimRuns", "claim_runs"]

ALWAYS: Final = np.iinfo(np.int64).min
"""The start of a run that nothing is known of before."""

Int = NDArray[np.int64]


class ClaimRuns(NamedTuple):
    """Runs by instrument, then by time: (n,) ids and starts. [UNIX ns UTC]."""

    instrument_ids: NDArray[np.uint32]
    starts: Int

    def at(self, ends: Int, *, instrument_ids: NDArray[np.uint32]) -> Int:
        """(W, I) start of the latest run that begins before each window's end; `ALWAYS` where none does.

        Parameters
        ----------
        ends : (W,) ascending ends of windows. [UNIX ns UTC]
        instrument_ids : (I,) ascending.
        """
        found = np.full((ends.size, instrument_ids.size), ALWAYS, dtype=np.int64)
        place = np.searchsorted(instrument_ids, self.instrument_ids)
        known = place < instrument_ids.size
        known[known] = instrument_ids[place[known]] == self.instrument_ids[known]
        window = np.searchsorted(ends, self.starts, side="right")
        for w, i, start in zip(window[known].tolist(), place[known].tolist(), self.starts[known].tolist(), strict=True):
            found[w:, i] = start
        return found


def claim_runs(instruments: pa.Table) -> ClaimRuns:
    """Runs of `bronze_option_instruments`; none where its rows have no claims."""
    ids: list[int] = []
    starts: list[int] = []
    if "claims" in instruments.column_names:
        columns = (instruments[name].to_pylist() for name in ("instrument_id", "claims"))
        for number, claims in sorted(zip(*columns, strict=True), key=lambda pair: pair[0]):
            end = None
            for claim in claims or ():
                if claim["ts_start"] != end:
                    ids.append(number)
                    starts.append(claim["ts_start"])
                end = claim["ts_end"]
    return ClaimRuns(np.array(ids, dtype=np.uint32), np.array(starts, dtype=np.int64))
