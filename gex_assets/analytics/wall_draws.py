"""How sure walls are: the share of draws of quotes and forwards that keep each.

The draws are in `kernels.exposure.kept_walls`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope, SignedChain
from gex_assets.analytics.gamma_errors import gamma_response
from gex_assets.analytics.level_errors import LevelErrors
from gex_assets.kernels.exposure.exposure import power_of_price
from gex_assets.kernels.exposure.kept_walls import DrawnRows, kept_walls
from gex_assets.kernels.exposure.redraws import normals, seeds_of

__all__ = ["WallDraws"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class WallDraws:
    """Draws of the chosen windows of one chain, shared by all conventions and scopes.

    The draws of an expiration in a window follow from the window's end and the expiration alone.

    Parameters
    ----------
    rows : of W windows; their `price` is the forward.
    errors : of the same rows.
    ends : (W,) the windows' ends. [UNIX ns UTC]
    ts_expiration : (n,) of the rows. [UNIX ns UTC]
    chosen : (W,) the windows for which `kept` gives an answer.
    """

    def __init__(self, rows: ChainRows, errors: LevelErrors, *, ends: Int, ts_expiration: Int, chosen: Bool) -> None:
        starts = rows.expiration_starts
        window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
        drawn = starts[:-1][chosen[window[starts[:-1]]]] if starts.size > 1 else starts[:0]
        slot_of_start = np.full(rows.place.size, -1, dtype=np.int64)
        slot_of_start[drawn] = np.arange(drawn.size)
        self._slot = np.repeat(slot_of_start[starts[:-1]], np.diff(starts))
        self._seeds = seeds_of(ends[window[drawn]], ts_expiration[drawn])
        self._numbers = normals(self._seeds)
        self._chosen = chosen
        self._errors = errors
        self._rows = rows
        self._reference_slot = np.full(rows.windows, -1, dtype=np.int64)
        front = np.flatnonzero(rows.forward == errors.reference[window])
        self._reference_slot[window[front]] = self._slot[front]
        self._response = gamma_response(F=rows.forward, K=rows.strikes[rows.place], T=rows.years, total_vol=rows.total_vol)

    def kept(self, chain: SignedChain, *, scope: Scope, call_wall: Float, put_wall: Float) -> dict[str, Float]:
        """Share of the draws in which each wall is the same strike.

        Parameters
        ----------
        chain : the same rows under a convention.
        scope : which rows.
        call_wall, put_wall : (W,) the walls of the same, as prices on the rows' axis. [index points]

        Returns
        -------
        `call_wall_kept`, `put_wall_kept`, (W,) each; NaN in windows that were not chosen, without a wall, and where an error of a
        strike with an exposure is not known.
        """
        rows, errors, smiles = self._rows, self._errors, self._errors.smiles
        walls = np.where(self._chosen[:, None], np.stack([call_wall, put_wall], axis=1), np.nan)
        prices, place = (rows.strikes, rows.place) if rows.axis is None else (rows.axis.price, rows.axis.place)
        power = power_of_price(scale=chain.convention.scale)
        share = kept_walls(
            first=scope.first,
            stop=scope.stop,
            prices=prices,
            rows=DrawnRows(
                place=place,
                key=rows.strikes.view(np.int64)[rows.place],
                call=np.where(np.isnan(chain.call_sign), np.nan, chain.call_magnitude),
                put=np.where(np.isnan(chain.put_sign), np.nan, chain.put_magnitude),
                own=smiles.own,
                curve=smiles.curve,
                tilt=smiles.tilt,
                by_vol=self._response.by_vol,
                by_forward=(power + self._response.by_forward) / rows.forward,
                forward_error=errors.forward_error,
                slot=self._slot,
            ),
            reference=errors.reference,
            reference_error=errors.reference_error,
            reference_slot=self._reference_slot,
            walls=walls,
            by_net=chain.convention.wall_rule == "net_side",
            seeds=self._seeds,
            numbers=self._numbers,
        )
        return {"call_wall_kept": share[:, 0], "put_wall_kept": share[:, 1]}
