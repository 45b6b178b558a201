"""A caller's options on several futures: their strikes on the axis of the earliest expiration's future, where forwards are known.

Which future an option is on is said by the chain's column `future`; it is not guessed. Without that column all strikes are taken
at face value, as on one underlying.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.strike_axis import StrikeAxis, strike_axis
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.reading import Options

__all__ = ["axis_of_futures", "future_names"]

Float = NDArray[np.float64]


def future_names(options: Options) -> tuple[str, ...]:
    """Names of the futures in alphabetical order; their positions are the futures' numbers."""
    return () if options.future is None else tuple(sorted({name for name in options.future.tolist() if name}))


def axis_of_futures(options: Options, *, forward: Float, warnings: Warnings) -> StrikeAxis | None:
    """Where the strikes stand; None on one future, and where the chain names none.

    The front is the earliest expiration's future. Another future whose forward, or the front's, no quotes give has its strikes at
    face value. Options that name no future have no place: they count in totals alone.

    Parameters
    ----------
    options : not empty, by expiration.
    forward : (n,) forward by the quotes of the option's expiration; NaN where they give none. [index points]
    warnings : told of options at face value and of those without a future.
    """
    names = future_names(options)
    if options.future is None or len(names) < 2:
        return None
    number = {name: place for place, name in enumerate(names)}
    future = np.array([number.get(name, -1) for name in options.future.tolist()], dtype=np.int64)
    warnings.count("no_future", future < 0, "name no future: they count in the totals and are no level")
    front = int(future[np.flatnonzero(future >= 0)[0]])
    found = {place: _first_known(forward[future == place]) for place in range(len(names))}
    unknown = np.array([np.isnan(found[place]) or np.isnan(found[front]) for place in range(len(names))])
    at_face_value = (future >= 0) & (future != front) & unknown[future]
    warnings.count("face_value", at_face_value, "are on another future and have no forward by quotes: strikes at face value")
    front_forward = 1.0 if np.isnan(found[front]) else found[front]
    return strike_axis(
        first=np.array([0, len(options)]),
        strike=options.strike,
        forward=np.where(at_face_value, front_forward, forward),
        future=future,
        front=np.array([front]),
        front_forward=np.array([front_forward]),
    )


def _first_known(forward: Float) -> float:
    known = forward[~np.isnan(forward)]
    return float(known[0]) if known.size else float("nan")
