"""`silver_gex_chain` once more, option by option: Black-76 from `math`, volatility by bisection, sums over plain lists.

Only the smile is the kernel's, fitted to one window at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gex_assets.kernels.pricing.smile import fit_smile

Row = dict[str, Any]

NS_PER_YEAR = 365 * 86_400 * 10**9
STATUS = {"one_sided": "ONE_SIDED", "expired": "EXPIRED"}


def chain_rows(
    *,
    ends: list[int],
    quotes: list[Row],
    instruments: list[Row],
    forward: list[Row],
    statistics: list[Row],
    trades: list[Row],
    rate: float,
    open_ratio: float,
    most: int,
) -> list[Row]:
    selected = [row for row in instruments if row["selected"]]
    books = {(row["ts_window_end"], row["instrument_id"]): row for row in quotes}
    forwards = {(row["ts_window_end"], row["ts_expiration"]): row["forward"] for row in forward}
    rows: list[Row] = []
    for end in ends:
        listed = [row for row in selected if row["ts_listed"] is not None and row["ts_listed"] < end]
        in_force = sorted({row["ts_expiration"] for row in listed if row["ts_expiration"] > end})[:most]
        for expiration in in_force:
            F, years = forwards.get((end, expiration)), (expiration - end) / NS_PER_YEAR
            by_strike: dict[float, dict[str, Row]] = {}
            for row in listed:
                if row["ts_expiration"] == expiration:
                    by_strike.setdefault(row["strike"], {})[row["right"]] = row
            found = _volatilities(by_strike, books, end=end, F=F, years=years, rate=rate)
            for strike, options in sorted(by_strike.items()):
                row = {
                    "ts_window_end": end,
                    "ts_expiration": expiration,
                    "strike": strike,
                    "underlying": next(iter(options.values()))["underlying"],
                    "multiplier": next(iter(options.values()))["multiplier"],
                    "forward": F,
                    "years": years,
                    **found[strike],
                }
                for right, name in (("C", "call"), ("P", "put")):
                    weights = _weights(options.get(right), books, statistics, trades, end=end, open_ratio=open_ratio)
                    for short, (column, weight) in weights.items():
                        known = None not in (row["gamma"], weight, F)
                        row[f"{name}_{column}"] = weight
                        row[f"{name}_gex_{short}"] = (
                            row["gamma"] * abs(weight) * row["multiplier"] * F * F * 0.01 if known else None
                        )
                rows.append(row)
    return rows


def _volatilities(
    by_strike: dict[float, dict[str, Row]],
    books: dict[tuple[int, int], Row],
    *,
    end: int,
    F: float | None,
    years: float,
    rate: float,
) -> dict[float, Row]:
    nothing = dict.fromkeys(("iv_bid", "iv_mid", "iv_ask", "iv_fit", "quote_age_ns", "total_vol"))
    nothing |= dict.fromkeys(("gamma", "vanna", "call_delta", "put_delta", "call_charm", "put_charm"))
    if F is None:
        return {strike: {**nothing, "iv_status": "BAD_INPUT", "iv_filled": False} for strike in by_strike}
    below, above = [k for k in by_strike if k <= F], [k for k in by_strike if k > F]
    around = {*([max(below)] if below else []), *([min(above)] if above else [])}
    found: dict[float, Row] = {}
    for strike, options in by_strike.items():
        rights = ["C", "P"] if strike > F else ["P", "C"]
        sides = [_side(options.get(right), books, end=end, F=F, K=strike, T=years, r=rate) for right in rights]
        if strike not in around:
            sides = sides[:1]
        used = [side for side in sides if side["status"] == "OK"] or sides[:1]
        row: Row = {"iv_status": used[0]["status"]}
        for name in ("iv_bid", "iv_mid", "iv_ask"):
            values = [side[name] for side in used]
            row[name] = None if None in values else sum(values) / len(values)
        ages = [side["age"] for side in used if side["age"] is not None]
        row["quote_age_ns"] = min(ages) if ages else None
        found[strike] = row
    strikes = sorted(found)
    ivs = {name: np.array([[_nan(found[k][name]) for k in strikes]]) for name in ("iv_bid", "iv_mid", "iv_ask")}
    fit = fit_smile(F=np.array([F]), K=np.array(strikes), T=np.array([years]), **ivs)
    for place, strike in enumerate(strikes):
        row = found[strike]
        iv_fit = float(fit.iv_fit[0, place])
        row["iv_fit"] = iv_fit if fit.accepted[0] and not math.isnan(iv_fit) else None
        smile = row["iv_fit"] is not None and row["iv_fit"] > 0 and abs(fit.z[0, place]) <= 2.5
        sigma = row["iv_fit"] if smile else row["iv_mid"]
        row["iv_filled"] = smile and row["iv_status"] != "OK"
        row |= {"total_vol": None if sigma is None else sigma * math.sqrt(years)}
        row |= _greeks(F=F, K=strike, T=years, sigma=sigma, r=rate)
    return found


def _side(option: Row | None, books: dict[tuple[int, int], Row], *, end: int, F: float, K: float, T: float, r: float) -> Row:
    book = books.get((end, option["instrument_id"])) if option else None
    nothing: Row = {"iv_bid": None, "iv_mid": None, "iv_ask": None, "age": None}
    if book is None or book["book_state"] != "ok":
        return {**nothing, "status": STATUS.get(book["book_state"], "NO_QUOTE") if book else "NO_QUOTE"}
    bid, ask = book["bid_price"], book["ask_price"]
    is_call = option["right"] == "C" if option else False
    solved = {
        name: _implied(price, F=F, K=K, T=T, r=r, is_call=is_call)
        for name, price in (("iv_bid", bid), ("iv_mid", (bid + ask) / 2), ("iv_ask", ask))
    }
    return {**{name: value[0] for name, value in solved.items()}, "status": solved["iv_mid"][1], "age": book["quote_age_ns"]}


def _phi(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _time_value(*, F: float, K: float, s: float) -> float:
    """Undiscounted price of the out-of-the-money side."""
    sign = 1.0 if K > F else -1.0
    d_plus = math.log(F / K) / s + s / 2
    return sign * (F * _normal(sign * d_plus) - K * _normal(sign * (d_plus - s)))


def _implied(price: float, *, F: float, K: float, T: float, r: float, is_call: bool) -> tuple[float | None, str]:
    forward_price = price * math.exp(r * T)
    intrinsic = max(F - K if is_call else K - F, 0.0)
    if forward_price <= intrinsic:
        return None, "BELOW_INTRINSIC"
    if forward_price >= (F if is_call else K):
        return None, "ABOVE_MAX"
    low, high = 1e-9, 20.0
    for _ in range(200):
        middle = (low + high) / 2
        if _time_value(F=F, K=K, s=middle) < forward_price - intrinsic:
            low = middle
        else:
            high = middle
    return (low + high) / 2 / math.sqrt(T), "OK"


def _greeks(*, F: float, K: float, T: float, sigma: float | None, r: float) -> Row:
    names = ("gamma", "vanna", "call_delta", "put_delta", "call_charm", "put_charm")
    if sigma is None:
        return dict.fromkeys(names)
    root = math.sqrt(T)
    d_plus = math.log(F / K) / (sigma * root) + sigma * root / 2
    d_minus = d_plus - sigma * root
    discount = math.exp(-r * T)
    call_delta, put_delta = discount * _normal(d_plus), -discount * _normal(-d_plus)
    turn = discount * _phi(d_plus) * d_minus / (2 * T)
    return {
        "gamma": discount * _phi(d_plus) / (F * sigma * root),
        "vanna": -discount * _phi(d_plus) * d_minus / sigma,
        "call_delta": call_delta,
        "put_delta": put_delta,
        "call_charm": r * call_delta + turn,
        "put_charm": r * put_delta + turn,
    }


def _weights(
    option: Row | None,
    books: dict[tuple[int, int], Row],
    statistics: list[Row],
    trades: list[Row],
    *,
    end: int,
    open_ratio: float,
) -> dict[str, tuple[str, float | None]]:
    resting = interest = flow = volume = both = None
    if option is not None:
        number = option["instrument_id"]
        book = books.get((end, number))
        latest = [
            (row["ts_recv"], row["quantity"])
            for row in statistics
            if (row["instrument_id"], row["stat_type"]) == (number, 9) and row["ts_recv"] < end and row["quantity"] is not None
        ]
        interest = max(latest)[1] if latest else None
        net = volume = clock = 0
        for row in sorted(trades, key=lambda row: row["record_index"]):
            clock = max(clock, row["ts_recv"])
            if clock >= end:
                break
            if not row["is_spread"]:
                volume += row["size"] if row["instrument_id"] == number else 0
                continue
            for leg in row["legs"] or []:
                if leg["instrument_id"] == number:
                    contracts = row["size"] * leg["ratio"]
                    volume += contracts
                    if row["side"] != "N":
                        net += contracts if row["side"] == leg["side"] else -contracts
        if book is not None:
            resting = book["bid_depth"] + book["ask_depth"]
            flow = -(book["aggressor_net"] + net)
        if interest is not None and flow is not None:
            both = interest + open_ratio * abs(flow)
    return {
        "resting": ("resting_size", resting),
        "oi": ("open_interest", interest),
        "flow": ("flow_inventory", flow),
        "volume": ("volume", volume),
        "oi_plus_flow": ("oi_plus_flow", both),
    }


def _nan(value: float | None) -> float:
    return math.nan if value is None else value
