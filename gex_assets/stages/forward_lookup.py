"""Rows of `silver_forward` looked up by expiration and window: an expiration's forward and its error, its reference price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.pricing.parity_forward import STORED_ERRORS
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES

__all__ = ["ForwardLookup"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_NUMBERS: Final = ("forward", "forward_se", "reference_price")


@dataclass(frozen=True, slots=True)
class ForwardLookup:
    """Rows of `silver_forward` by expiration: (ascending ends of windows, column -> values)."""

    by_expiration: dict[int, tuple[Int, dict[str, Float]]]

    @classmethod
    def of(cls, forward: pa.Table) -> ForwardLookup:
        """Arrange rows of `silver_forward`, those of a block of windows or of a day.

        Parameters
        ----------
        forward : at least `ts_window_end`, `ts_expiration` and the columns that will be asked for. Quality becomes its position
            in `FORWARD_QUALITIES`.
        """
        ends = forward.column("ts_window_end").to_numpy()
        expirations = forward.column("ts_expiration").to_numpy()
        columns = {name: forward.column(name).to_numpy() for name in _NUMBERS if name in forward.column_names}
        if "quality" in forward.column_names:
            codes = pc.index_in(forward.column("quality").cast(pa.string()), pa.array(FORWARD_QUALITIES))
            columns["quality"] = codes.to_numpy().astype(np.float64)
        by_expiration: dict[int, tuple[Int, dict[str, Float]]] = {}
        for expiration in np.unique(expirations).tolist():
            rows = np.flatnonzero(expirations == expiration)
            rows = rows[np.argsort(ends[rows], kind="stable")]
            by_expiration[expiration] = (ends[rows], {name: values[rows] for name, values in columns.items()})
        return cls(by_expiration)

    def at(self, column: str, ts_expiration: int, ends: Int) -> Float:
        """(W,) `forward`, `forward_se`, `reference_price` or `quality` in these windows; NaN where there is no row or a NULL."""
        if ts_expiration not in self.by_expiration:
            return np.full(ends.size, np.nan)
        own_ends, columns = self.by_expiration[ts_expiration]
        place = np.minimum(np.searchsorted(own_ends, ends), own_ends.size - 1)
        return np.where(own_ends[place] == ends, columns[column][place], np.nan)

    def standard_errors(self, ts_expiration: Int, ends: Int) -> Float:
        """(n,) standard error of the forward [index points] of each row's expiration in its window; NaN where there is none."""
        found = np.full(ends.size, np.nan)
        for expiration in np.unique(ts_expiration).tolist():
            rows = ts_expiration == expiration
            found[rows] = self.at("forward_se", expiration, ends[rows]) / STORED_ERRORS
        return found
