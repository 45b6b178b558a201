"""`open_roll_off`: the levels of what is left after each of the next expirations, by the functions that make all levels.

Price, volatility and moment stay those at which the session opens. Only expirations are taken away, the nearest first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope
from gex_assets.schemas.open_roll_off import EXPIRATIONS_SHOWN, OPEN_ROLL_OFF
from gex_assets.schemas.silver_gex_levels import WALL_REASONS
from gex_assets.stages.premarket.opening import Opening
from gex_assets.stages.premarket.opening_windows import OpeningWindows
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.convention_scopes import DayConventions, each_convention_and_scope
from gex_assets.stages.silver.scope_levels import ZERO_GAMMA_REASONS

__all__ = ["open_roll_off"]

_ALL: Final = "all"
_ENDING: Final = "ending"
_LATER: Final = "later"


def open_roll_off(opening: Opening, *, windows: OpeningWindows, conventions: DayConventions) -> pa.Table:
    """Take the next expirations away, one after the other.

    Parameters
    ----------
    opening : of the session that follows; settled.
    windows : of that opening alone.
    conventions : as from `Opening.conventions`: each has rows.

    Returns
    -------
    Rows of `OPEN_ROLL_OFF`, up to `EXPIRATIONS_SHOWN` of each convention. After the last expiration nothing is left: NULL, with
    the reasons `no_exposure`.

    Raises
    ------
    SettingsError
        A convention has an unknown scale or sign model.
    """
    starts = windows.rows.expiration_starts
    shown = min(EXPIRATIONS_SHOWN, starts.size - 1)
    if not conventions.conventions or not shown:
        return OPEN_ROLL_OFF.empty()
    end = int(starts[-1])
    ranges = {_ALL: (0, end)}
    for k in range(shown):
        ranges[_name(_ENDING, k)] = (int(starts[k]), int(starts[k + 1]))
        ranges[_name(_LATER, k)] = (int(starts[k + 1]), end)
    always = np.array([True])
    scopes = {name: (Scope(np.array([first]), np.array([stop])), always) for name, (first, stop) in ranges.items()}
    found = {
        (answer.number, answer.scope): answer.found.columns
        for answer in each_convention_and_scope(conventions, scopes, windows.analysis(drawn=False))
    }
    rows = [(number, k) for number in range(len(conventions.conventions)) for k in range(shown)]

    def of(name: str, column: str) -> NDArray[Any]:
        return np.concatenate([found[number, name if name == _ALL else _name(name, k)][column] for number, k in rows])

    convention = np.array([number for number, _ in rows], dtype=np.int32)
    place = np.array([k for _, k in rows])
    later = {column: of(_LATER, column) for column in found[0, _ALL]}
    gross, ending = of(_ALL, "gross_gex"), of(_ENDING, "gross_gex")
    reasons = dict.fromkeys(("call_wall_reason", "put_wall_reason"), WALL_REASONS) | {"zero_gamma_reason": ZERO_GAMMA_REASONS}
    underlyings = dict.fromkeys(("underlying", "call_wall_underlying", "put_wall_underlying"), windows.day.underlyings)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(gross > 0.0, ending / gross, np.nan)
    return row_block(
        OPEN_ROLL_OFF,
        {
            **later,
            **{name: category(later[name], words) for name, words in (reasons | underlyings).items()},
            **conventions.columns(convention),
            "flip_rule": conventions.flip_rules(convention),
            "ts_expiration": windows.expires[starts[place]],
            "expiration_number": (place + 1).astype(np.int32),
            "ts_open": np.full(place.size, opening.session.open_ns),
            "ts_known": pa.array([opening.ts_known] * place.size, pa.int64()),
            "expiring_net_gex": of(_ENDING, "net_gex"),
            "expiring_gross_gex": ending,
            "expiring_share": np.minimum(share, 1.0),
        },
    )


def _name(part: str, k: int) -> str:
    return f"{k} {part}"
