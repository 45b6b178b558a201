"""`silver_gex_chain` once more, option by option: Black-76 from `math`, volatility by bisection, sums over plain lists.

Only the smile is the kernel's, fitted to one window at a time. Its errors are those of the twin.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from gex_assets.kernels.pricing.smile import fit_smile
from gex_assets_tests.twins import smile_errors

Row = dict[str, Any]

NS_PER_DAY = 86_400 * 10**9
NS_PER_YEAR = 365 * NS_PER_DAY
UNDEFINED = -1
"""The reference of a statistic that the vendor does not define."""
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
    errors = {(row["ts_window_end"], row["ts_expiration"]): _half(row.get("forward_se")) for row in forward}
    first_end = min((row["ts_window_end"] for row in forward), default=0)
    published = {row["instrument_id"] for row in statistics}
    has_interest = any(open_interest_in_force(number, statistics, first_end)[0] is not None for number in published)
    of_field = "open_interest" if has_interest else "resting_size"
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
            gamma_errors = _gamma_errors(found, F=F, T=years, r=rate, forward_error=errors.get((end, expiration)))
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
                    "gamma_se": gamma_errors[strike],
                }
                for right, name in (("C", "call"), ("P", "put")):
                    weights = _weights(options.get(right), books, statistics, trades, end=end, open_ratio=open_ratio)
                    for short, (column, weight) in weights.items():
                        known = None not in (row["gamma"], weight, F)
                        row[f"{name}_{column}"] = weight
                        if short == "oi":
                            ts_ref = (
                                open_interest_in_force(options[right]["instrument_id"], statistics, end)[1]
                                if right in options
                                else None
                            )
                            row[f"{name}_open_interest_ts_ref"] = None if ts_ref == UNDEFINED else ts_ref
                        row[f"{name}_gex_{short}"] = (
                            row["gamma"] * abs(weight) * row["multiplier"] * F * F * 0.01 if known else None
                        )
                    interest, volume = row[f"{name}_open_interest"], row[f"{name}_volume"]
                    row[f"{name}_volume_over_oi"] = volume / interest if interest and volume is not None else None
                    book = books.get((end, options[right]["instrument_id"])) if right in options else None
                    is_ok = book is not None and book["book_state"] == "ok"
                    row[f"{name}_premium"] = (book["bid_price"] + book["ask_price"]) / 2 * row["multiplier"] if is_ok else None
                sides = [row[f"{name}_{of_field}"] for name in ("call", "put")]
                known = None not in (row["gamma_se"], F) and sides != [None, None]
                net = abs((sides[0] or 0.0) - (sides[1] or 0.0))
                row["net_gex_se"] = row["gamma_se"] * net * row["multiplier"] * F * F * 0.01 if known else None
                rows.append(row)
    return rows


def _half(value: float | None) -> float | None:
    """`forward_se` is two standard errors."""
    return None if value is None else value / 2


def _gamma_errors(
    found: dict[float, Row], *, F: float | None, T: float, r: float, forward_error: float | None
) -> dict[float, Any]:
    """Standard error of gamma at every strike: derivatives by an imaginary step, the curve's errors by their twin."""
    nothing = dict.fromkeys(found)
    if F is None or forward_error is None:
        return nothing
    strikes = sorted(found)
    above = [k for k in strikes if k > F]
    around = {*above[:1], *[k for k in strikes if k <= F][-1:]}
    own: dict[float, tuple[float, float]] = {}
    for k in strikes:
        row = found[k]
        if row["gamma"] is None:
            continue
        rights = ("call", "put") if k in around else (("call",) if k > F else ("put",))
        delta = sum(row[f"{right}_delta"] for right in rights) / len(rights)
        vega = row["gamma"] * F * F * row["total_vol"] * math.sqrt(T)
        own[k] = _half_width(row), (-delta / vega if vega > 0 else 0.0)
    mids = np.array([_nan(found[k]["iv_mid"]) for k in strikes])
    sigma = smile_errors.at_the_money(F, np.array(strikes), mids)
    on_curve = [k for k in own if (found[k]["iv_fit"] or 0.0) > 0]
    z = {k: math.log(k / F) / (sigma * math.sqrt(T)) for k in on_curve}
    fitted = [k for k in on_curve if found[k]["iv_mid"] is not None and not math.isnan(own[k][0]) and abs(z[k]) < 2.5]
    errors = dict(nothing)
    curve = None
    if len(fitted) >= 5:
        half = np.array([max(own[k][0], 1e-4 * sigma) for k in fitted])
        off = np.array([found[k]["iv_mid"] - found[k]["iv_fit"] for k in fitted])
        tilts = np.array([own[k][1] for k in fitted])
        curve = smile_errors.of_curve(
            np.array([z[k] for k in fitted]), off / half, half, tilts, at=np.array([z[k] for k in on_curve])
        )
    for k in own:
        if k in on_curve:
            if curve is None:
                continue
            place = on_curve.index(k)
            variance, tilt = curve.covariance[place, place] + curve.shift[place] ** 2 / 12, curve.tilt[place]
        else:
            variance, tilt = own[k][0] ** 2 / 3, own[k][1]
        total, step = found[k]["total_vol"], 1e-30
        by_vol = _gamma(F, k, total + 1j * step * math.sqrt(T), T, r).imag / step
        by_forward = _gamma(F + 1j * step, k, total, T, r).imag / step
        error = math.sqrt(by_vol**2 * variance + ((by_vol * tilt + by_forward) * forward_error) ** 2)
        errors[k] = None if math.isnan(error) else error
    return errors


def _half_width(row: Row) -> float:
    mid, bid, ask = (_nan(row[name]) for name in ("iv_mid", "iv_bid", "iv_ask"))
    sides = [side for side in (mid - bid, ask - mid) if not math.isnan(side)]
    return sum(sides) / len(sides) if sides else math.nan


def _gamma(F: complex, K: float, s: complex, T: float, r: float) -> complex:
    d_plus = cmath.log(F / K) / s + s / 2
    return math.exp(-r * T) * cmath.exp(-d_plus * d_plus / 2) / math.sqrt(2 * math.pi) / (F * s)


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
        interest, ts_ref = open_interest_in_force(number, statistics, end)
        begun = _begun(option, end)
        since = max(begun, _session_over(ts_ref))
        net = volume = net_before = clock = 0
        for row in sorted(trades, key=lambda row: row["record_index"]):
            clock = max(clock, row["ts_recv"])
            if clock >= end:
                break
            outright = [{"instrument_id": row["instrument_id"], "ratio": 1, "side": "B"}]
            for leg in (row["legs"] or []) if row["is_spread"] else outright:
                if leg["instrument_id"] == number and row["size"] != 2**32 - 1:
                    contracts = row["size"] * leg["ratio"]
                    volume += contracts
                    if row["side"] != "N" and clock >= begun:
                        signed = contracts if row["side"] == leg["side"] else -contracts
                        net += signed if row["is_spread"] else 0
                        net_before += signed if clock < since else 0
        if book is not None:
            resting = book["bid_depth"] + book["ask_depth"] if book["is_complete"] else None
            flow = -(book["aggressor_net"] + net)
        if interest is not None and flow is not None:
            both = interest + (open_ratio * abs(flow + net_before) if since < end else 0.0)
    return {
        "resting": ("resting_size", resting),
        "oi": ("open_interest", interest),
        "flow": ("flow_inventory", flow),
        "volume": ("volume", volume),
        "oi_plus_flow": ("oi_plus_flow", both),
    }


def _moment(row: Row) -> int:
    """When a record was received, by the clock of its file."""
    return int(row["ts_recv"] + row["ts_recv_behind"])


def open_interest_in_force(number: int, statistics: list[Row], end: int) -> tuple[float | None, int]:
    """The value of the latest reference that was published last and not withdrawn since, and its reference."""
    found: tuple[float | None, int] = (None, UNDEFINED)
    own = [row for row in statistics if (row["instrument_id"], row["stat_type"]) == (number, 9) and _moment(row) < end]
    for ts_ref in sorted({row["ts_ref"] for row in own}):
        said = [row for row in own if row["ts_ref"] == ts_ref and (row["is_deleted"] or row["quantity"] is not None)]
        last = max(said, key=_moment, default=None)
        if last is not None and not last["is_deleted"]:
            found = (last["quantity"], ts_ref)
    return found


def _begun(option: Row, end: int) -> int:
    """When the run of touching claims began that lies before a window's end."""
    begun, last = -(2**63), None
    for claim in option.get("claims") or []:
        if claim["ts_start"] < end:
            begun = begun if claim["ts_start"] == last else claim["ts_start"]
            last = claim["ts_end"]
    return begun


def _session_over(ts_ref: int) -> int:
    """22:00 UTC of the reference's date in winter, of Friday's at a weekend."""
    if ts_ref == UNDEFINED:
        return -(2**63)
    day = ts_ref // NS_PER_DAY
    while (day + 3) % 7 >= 5:
        day -= 1
    return day * NS_PER_DAY + 22 * 3600 * 10**9


def _nan(value: float | None) -> float:
    return math.nan if value is None else value
