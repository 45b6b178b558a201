"""A tiny call of each kernel that the asset graph uses, with arguments of the types that the stages pass.

The results are of no interest. A new kernel gets a call here: a test compares the compiled types with those of a real day.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gex_assets.kernels.exposure.gamma_profile import profile_roots
from gex_assets.kernels.exposure.kept_walls import DrawnRows, kept_walls
from gex_assets.kernels.exposure.levels import strike_levels
from gex_assets.kernels.exposure.nearest_root import nearest_roots
from gex_assets.kernels.exposure.net_change import net_change, pairs_of_windows
from gex_assets.kernels.exposure.net_error import ChainErrors, RepricedRows, net_error
from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.kernels.exposure.redraws import normals, seeds_of
from gex_assets.kernels.exposure.smile_errors import smile_errors
from gex_assets.kernels.exposure.weighted_sums import GreeksOfRows, Holdings, weighted_sums
from gex_assets.kernels.features.outcomes import follow, waiting
from gex_assets.kernels.mbo_record import MBO_NUMBERS
from gex_assets.kernels.order_book.best_prices import BestPriceBooks
from gex_assets.kernels.order_book.books import Claims, OrderBooks, Records
from gex_assets.kernels.pricing import black76
from gex_assets.kernels.pricing.filled_gaps import neighbours
from gex_assets.kernels.pricing.parity_forward import parity_forward
from gex_assets.kernels.pricing.smile import fit_smile
from gex_assets.kernels.records.cover import READ, Part, cover_of, statuses
from gex_assets.kernels.records.id_table import id_table
from gex_assets.kernels.records.scan import InstrumentSurvey, Roles, StreamFacts, code_records
from gex_assets.kernels.records.sort import SortedRecords, record_columns, sort_records

__all__ = [
    "drawn_walls",
    "follow_prices",
    "implied_volatilities",
    "level_errors",
    "levels_of_strikes",
    "order_books",
    "order_records",
    "parity_forwards",
    "pricing",
    "profiles",
    "roots_of_profiles",
    "smiles",
    "walked_roots",
]

BEGIN, END = np.array([0]), np.array([2])
"""First row of the only window, and the row after its last."""

BOUNDS: Final = np.array([0, 2])
ONE, TWO = np.array([100.0]), np.array([95.0, 105.0])
"""A value of the window; a value of each of its two rows."""


def order_records() -> None:
    """Scan, code and sort the vendor's records."""
    block = np.zeros(2, MBO_NUMBERS)
    block["instrument_id"], block["ts_recv"] = 1, 1
    cover = cover_of({(Part(0, 10, READ),): [1]})
    statuses(instrument_ids=block["instrument_id"], moments=np.ones(2, np.int64), cover=cover)
    InstrumentSurvey(cover=cover).add(instrument_ids=block["instrument_id"], ts_recv=block["ts_recv"])
    roles = Roles(id_table(ids=np.array([1], np.uint32), codes=np.zeros(1, np.int32)), 1, 2, 3, np.zeros(4, np.bool_))
    coded = code_records(block=block, roles=roles, statuses=None, facts=StreamFacts.start(4))
    rows, cursors = SortedRecords.empty(2), np.array([0, 2, 2])
    sort_records(block=block, coded=coded, first_place=0, cursors=cursors, target=rows)
    letters = np.zeros(256, np.int32)
    record_columns(rows=rows, first_index=0, action_codes=letters, side_codes=letters)


def order_books() -> None:
    """Apply more orders and fills than there is room for, pass edges of a claim, close a window, tell changes of best prices."""
    books = OrderBooks(window_ends=np.array([10, 20]), order_places=2, fill_places=2)
    ids = np.array([1], np.uint32)
    claims = Claims(instrument_id=ids, ts_start=np.array([0]), ts_end=np.array([15]), ts_complete=np.array([1]))
    books.list_instruments(instrument_ids=ids, claims=claims)
    for _ in (*books.apply(_orders()), *books.finish()):
        pass
    best_prices = BestPriceBooks(order_places=2)
    best_prices.list_instruments(instrument_ids=ids)
    best_prices.changes(_orders())


def _orders() -> Records:
    orders = 8
    size = 2 * orders
    return Records(
        ts_recv=np.arange(size) // 4,
        instrument_id=np.ones(size, np.uint32),
        order_id=np.tile(np.arange(1, orders + 1, dtype=np.uint64), 2),
        action=np.repeat(np.frombuffer(b"AF", np.uint8), orders),
        side=np.full(size, ord("B"), np.uint8),
        price=np.full(size, 10**9),
        size=np.ones(size, np.uint32),
        flags=np.zeros(size, np.uint8),
        behind=np.zeros(size, np.int64),
    )


def parity_forwards() -> None:
    """Find the forward of one window."""
    quotes = np.array([[6.0, 2.0]])
    parity_forward(strikes=TWO, call_bid=quotes, call_ask=quotes, put_bid=quotes, put_ask=quotes, discount=np.ones(1))


def implied_volatilities() -> None:
    """Invert one price."""
    black76.implied_volatility(price=np.array([5.0]), F=ONE, K=ONE, T=np.array([0.1]), r=0.0, is_call=True)


def pricing() -> None:
    """Find the greeks of a chain's strike and what lies next to a gap."""
    black76.chain_greeks(F=ONE, K=ONE, T=np.array([0.1]), total_vol=np.array([0.05]), r=0.0)
    neighbours(first=BOUNDS, strike=TWO, known=np.ones(2, np.bool_))


def smiles() -> None:
    """Fit a smile through two strikes."""
    volatility = np.full((1, 2), 0.2)
    fit_smile(F=ONE, K=TWO, T=np.array([0.1]), iv_bid=volatility, iv_mid=volatility, iv_ask=volatility)


def levels_of_strikes() -> None:
    """Find the levels of one window, and sum up what its rows hold."""
    sizes = np.ones(2)
    strike_levels(
        first=BEGIN,
        stop=END,
        strikes=TWO,
        place=np.array([0, 1]),
        call_magnitude=sizes,
        put_magnitude=sizes,
        call_sign=sizes,
        put_sign=sizes,
        F=ONE,
        by_net=True,
        secondary_share=0.5,
        highest=5,
    )
    weighted_sums(
        first=BEGIN,
        stop=END,
        held=Holdings(*([sizes] * len(Holdings._fields))),
        greeks=GreeksOfRows(*([sizes] * len(GreeksOfRows._fields))),
        quoted=np.ones(2, np.bool_),
    )


def roots_of_profiles() -> None:
    """Find all roots of one window's profile."""
    profile_roots(
        first=BEGIN, stop=END, moneyness=np.log(TWO), total_vol=np.full(2, 0.1), coefficient=np.array([-1.0, 1.0]), F=ONE
    )


def walked_roots() -> None:
    """Walk from the price to the nearest root."""
    nearest_roots(
        first=BEGIN,
        stop=END,
        smile=np.zeros(2, np.int64),
        moneyness=np.log(TWO),
        total_vol=np.full(2, 0.1),
        coefficient=np.array([-1.0, 1.0]),
        F=ONE,
        peak=np.ones(1),
        sticky_moneyness=False,
    )


def profiles() -> None:
    """Tabulate one profile at one price."""
    profile_at(
        first=BEGIN,
        stop=END,
        moneyness=np.log(TWO),
        total_vol=np.full(2, 0.1),
        coefficient=np.ones(2),
        F=ONE,
        price=ONE,
        first_price=np.array([0, 1]),
        power=1.0,
    )


def level_errors() -> None:
    """Find the errors of a smile and of the net exposure, and split a change of it."""
    full = {"F": np.full(2, 100.0), "T": np.full(2, 0.1), "total_vol": np.full(2, 0.1), "gamma": np.full(2, 0.01)}
    volatility = np.full(2, 0.2)
    errors = smile_errors(
        first=BOUNDS,
        strike=TWO,
        call_delta=volatility,
        put_delta=-volatility,
        iv_bid=volatility,
        iv_mid=volatility,
        iv_ask=volatility,
        iv_fit=volatility,
        **full,
    )
    pairs = pairs_of_windows(first=BOUNDS, expiration=np.zeros(2, np.int64), strike=TWO, r=0.0, **full)
    net_change(
        first=BEGIN, stop=END, pairs=pairs, gamma=full["gamma"], factor=ONE, call_contracts=volatility, put_contracts=volatility
    )
    net_error(
        first=BEGIN,
        stop=END,
        repriced=RepricedRows(
            row=np.array([0, 1]),
            expiration=np.zeros(2, np.int64),
            moneyness=np.log(TWO),
            total_vol=full["total_vol"],
            coefficient=volatility,
            filled=neighbours(first=BOUNDS, strike=TWO, known=np.ones(2, np.bool_)),
        ),
        chain=ChainErrors(years=full["T"], forward=full["F"], forward_error=volatility, volatility=errors),
        reference=ONE,
        reference_error=np.ones(1),
        shift=np.zeros(1),
        power=1.0,
        at_price=True,
        borrowed=True,
    )


def drawn_walls() -> None:
    """Draw the two strikes of one window again."""
    seeds = seeds_of(np.zeros(1, np.int64), np.zeros(1, np.int64))
    values, places = np.full(2, 0.1), np.array([0, 1])
    kept_walls(
        first=BEGIN,
        stop=END,
        prices=TWO,
        rows=DrawnRows(
            place=places,
            key=places,
            call=values,
            put=values,
            own=values,
            curve=np.zeros((2, 5)),
            tilt=values,
            by_vol=values,
            by_forward=values,
            forward_error=values,
            slot=np.zeros(2, np.int64),
        ),
        reference=ONE,
        reference_error=np.ones(1),
        reference_slot=np.zeros(1, np.int64),
        walls=np.array([TWO]),
        by_net=True,
        seeds=seeds,
        numbers=normals(seeds),
    )


def follow_prices() -> None:
    """Follow one price after one trigger."""
    one = np.ones(1, np.int64)
    follow(
        waiting(1),
        ts=one,
        price=ONE,
        start=one,
        level=ONE,
        direction=np.ones(1),
        until=one,
        tick=0.25,
        touch_ticks=1.0,
        hit_ticks=1.0,
        wait_ns=1,
        watch_ns=1,
    )
