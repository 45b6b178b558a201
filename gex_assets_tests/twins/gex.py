"""Twin of `silver_gex`: dictionaries by window and strike, one number at a time."""

from __future__ import annotations

import math
from typing import Any

Row = dict[str, Any]

WINDOW = 5 * 10**9
FAMILIES = {"gex": "resting", "gexoi": "oi", "gexflow": "flow"}
SLOTS = ["1", "2", "3", "4", "5", "neg1", "neg2", "neg3", "neg4", "neg5"]
FLOW = ["add_intensity", "pull_intensity", "pull_rest_intensity", "imbalance", "reprice_toward", "reprice_away"]


def gex_rows(*, chain: list[Row], quotes: list[Row], instruments: list[Row], forward: list[Row], underlying: str) -> list[Row]:
    """Rows of one underlying, in every window in which the chain has its strikes."""
    books = {(row["ts_window_end"], row["instrument_id"]): row for row in quotes}
    references = {(row["ts_window_end"], row["underlying"]): row["reference_price"] for row in forward}
    by_window: dict[int, list[Row]] = {}
    for row in chain:
        if row["underlying"] == underlying:
            by_window.setdefault(row["ts_window_end"], []).append(row)

    seen: dict[int, dict[float, Row]] = {}
    rows: dict[int, Row] = {}
    trade_nets: dict[int, float | None] = {}
    all_ends = {row["ts_window_end"] for row in quotes}
    for end in sorted(by_window):
        seen[end], trade_nets[end] = _strikes(by_window[end], books, instruments, end, first=end - WINDOW not in all_ends)
        reference = references.get((end, underlying))
        row: Row = {"ts_window_end": end, "underlying": underlying, "reference_price": reference}
        slots = _slots(sorted(seen[end]), reference)
        for slot in SLOTS:
            _fill_slot(row, slot, slots.get(slot), end=end, seen=seen, reference=reference, before=rows.get(end - WINDOW))
        base = _aggregates(row, [seen[end][slots[slot]] if slot in slots else None for slot in SLOTS])
        long_ago = rows.get(end - 3 * WINDOW) if all(end - ago * WINDOW in all_ends for ago in (1, 2, 3)) else None
        base["approach_dir"] = None
        if long_ago is not None and None not in (reference, long_ago["reference_price"]):
            moved = reference - long_ago["reference_price"]
            base["approach_dir"] = 0 if abs(moved) < 0.25 else math.copysign(1, moved)
        nets = [trade_nets.get(end - ago * WINDOW) for ago in range(3)]
        base["trade_dir"] = None if None in nets else (sum(nets) > 0) - (sum(nets) < 0)
        row |= base
        rows[end] = row
        for name in base:
            values = [rows.get(end - ago * WINDOW, {}).get(name) for ago in range(4)]
            row |= _steps(name, values)
        _by_direction(row, [rows.get(end - ago * WINDOW, {}) for ago in range(4)])
    return list(rows.values())


def _by_direction(row: Row, rows: list[Row]) -> None:
    """Ahead and behind: one side of the price, now and in the three windows before, wherever the price came from then."""
    direction = row["approach_dir"]
    for family in FAMILIES:
        for name, rising, falling in (("ahead", "above", "below"), ("behind", "below", "above")):
            side = {1: rising, -1: falling}.get(direction)
            values = [None if side is None else one.get(f"{family}_{side}") for one in rows]
            row[f"{family}_{name}"] = values[0]
            row |= _steps(f"{family}_{name}", values)


def _strikes(
    chain: list[Row], books: dict[tuple[int, int], Row], instruments: list[Row], end: int, *, first: bool
) -> tuple[dict[float, Row], float | None]:
    found: dict[float, Row] = {}
    trade_net, some = 0, False
    for strike in {row["strike"] for row in chain}:
        sums: Row = {}
        flows: Row = dict.fromkeys(("add_b", "add_a", "pull_b", "pull_a", "rest", "toward", "away", "depth"), 0)
        for row in [row for row in chain if row["strike"] == strike]:
            own: Row = dict.fromkeys(flows, 0)
            for option in instruments:
                counted = option["selected"] and option["ts_listed"] is not None and option["ts_listed"] < end
                if not counted or (option["strike"], option["ts_expiration"]) != (strike, row["ts_expiration"]):
                    continue
                book = books.get((end, option["instrument_id"]))
                before = books.get((end - WINDOW, option["instrument_id"]))
                if before is not None and before["is_complete"]:
                    own["depth"] = _sum(own["depth"], before["bid_depth"] + before["ask_depth"])
                elif option["ts_listed"] < end - WINDOW:
                    own["depth"] = None
                if book is None:
                    own = {name: value if name == "depth" else None for name, value in own.items()}
                    continue
                some = True
                for side, short in (("bid", "b"), ("ask", "a")):
                    for name, flow in (
                        *((f"add_{short}", "add"), (f"pull_{short}", "pull"), ("rest", "pull_rest")),
                        *(("toward", "reprice_toward"), ("away", "reprice_away")),
                    ):
                        own[name] = _sum(own[name], book[f"{side}_{flow}_size"])
                net = book["trade_buy_size"] - book["trade_sell_size"]
                trade_net += net if option["right"] == "C" else -net
            for name, value in own.items():
                flows[name] = _sum(flows[name], value)
            for name, value in (
                ("pulled", _sum(own["pull_b"], own["pull_a"])),
                ("added", _sum(own["add_b"], own["add_a"])),
            ):
                _add(sums, name, None if None in (row["gamma"], value) else row["gamma"] * value)
            for family, exposure in FAMILIES.items():
                for right in ("call", "put"):
                    magnitude, flow = row[f"{right}_gex_{exposure}"], row[f"{right}_flow_inventory"]
                    sign: float | None = 1 if right == "call" else -1
                    if family == "gexflow":
                        sign = None if flow is None else (flow > 0) - (flow < 0)
                    _add(sums, f"{family}_{right}", magnitude)
                    _add(sums, f"{family}_signed_{right}", None if None in (sign, magnitude) else sign * magnitude)
        features: Row = {"pulled": sums.get("pulled"), "added": sums.get("added")}
        for family in FAMILIES:
            signed = [sums.get(f"{family}_signed_{right}") for right in ("call", "put")]
            features[f"{family}_strike_{{}}_call"] = sums.get(f"{family}_call")
            features[f"{family}_strike_{{}}_put"] = sums.get(f"{family}_put")
            features[f"{family}_strike_{{}}_net"] = None if None in signed else signed[0] + signed[1]
        adds, pulls = _sum(flows["add_b"], flows["add_a"]), _sum(flows["pull_b"], flows["pull_a"])
        for name, size in (("add", adds), ("pull", pulls), ("pull_rest", flows["rest"])):
            unknown = first or None in (size, flows["depth"])
            features[f"flow_{{}}_{name}_intensity"] = None if unknown else size / (flows["depth"] + 1)
        b, a = _sum(flows["add_b"], flows["pull_a"]), _sum(flows["add_a"], flows["pull_b"])
        features["flow_{}_imbalance"] = None if None in (a, b) else (b - a) / (b + a + 1e-9)
        features["flow_{}_reprice_toward"], features["flow_{}_reprice_away"] = flows["toward"], flows["away"]
        found[strike] = features
    return found, trade_net if some else None


def _sum(one: float | None, other: float | None) -> float | None:
    return None if None in (one, other) else one + other  # type: ignore[operator]


def _slots(strikes: list[float], reference: float | None) -> dict[str, float]:
    if reference is None:
        return {}
    above = [strike for strike in strikes if strike > reference][:5]
    below = [strike for strike in reversed(strikes) if strike <= reference][:5]
    return {str(rank): strike for rank, strike in enumerate(above, 1)} | {
        f"neg{rank}": strike for rank, strike in enumerate(below, 1)
    }


def _fill_slot(
    row: Row,
    slot: str,
    strike: float | None,
    *,
    end: int,
    seen: dict[int, dict[float, Row]],
    reference: float | None,
    before: Row | None,
) -> None:
    row[f"strike_{slot}"] = strike
    row[f"distance_{slot}"] = None if strike is None or reference is None else strike - reference
    earlier = before[f"strike_{slot}"] if before else None
    row[f"relabel_{slot}"] = None if None in (strike, earlier) else strike != earlier
    patterns = [name for name in next(iter(seen[end].values())) if "{}" in name]
    for pattern in patterns:
        name = pattern.format(slot)
        values = [seen.get(end - ago * WINDOW, {}).get(strike, {}).get(pattern) if strike else None for ago in range(4)]
        row[name] = values[0]
        row |= _steps(name, values)


def _aggregates(row: Row, at_slots: list[Row | None]) -> Row:
    base: Row = {}
    for family in FAMILIES:

        def known(slots: list[str], parts: tuple[str, ...], family: str = family) -> float | None:
            values = [row[f"{family}_strike_{slot}_{part}"] for slot in slots for part in parts]
            values = [value for value in values if value is not None]
            return sum(values) if values else None

        above, below = known(SLOTS[:5], ("call", "put")), known(SLOTS[5:], ("call", "put"))
        base[f"{family}_above"], base[f"{family}_below"] = above, below
        base[f"{family}_imbalance"] = None if above is None or below is None else (above - below) / (above + below + 1e-9)
        base[f"{family}_net_total"] = known(SLOTS, ("net",))
    weighted = [(row[f"flow_{slot}_imbalance"], 1 / (rank % 5 + 1)) for rank, slot in enumerate(SLOTS)]
    weighted = [(value, weight) for value, weight in weighted if value is not None]
    total = sum(weight for _, weight in weighted)
    base["flow_imbalance_near"] = sum(value * weight for value, weight in weighted) / total if weighted else None
    sums = {}
    for name in ("pulled", "added"):
        values = [slot[name] for slot in at_slots if slot is not None and slot[name] is not None]
        sums[name] = sum(values) if values else None
    missing = None in sums.values()
    base["gamma_pull_add_log"] = None if missing else math.log((sums["pulled"] + 1e-9) / (sums["added"] + 1e-9))
    return base


def _steps(name: str, values: list[float | None]) -> Row:
    """Differences of [now, one, two, three windows ago]."""

    def step(one: float | None, other: float | None) -> float | None:
        return None if one is None or other is None else one - other

    d1 = [step(values[ago], values[ago + 1]) for ago in range(3)]
    d2 = [step(d1[ago], d1[ago + 1]) for ago in range(2)]
    return {f"d1_{name}": d1[0], f"d2_{name}": d2[0], f"d3_{name}": step(d2[0], d2[1])}


def _add(sums: Row, name: str, value: float | None) -> None:
    if value is not None:
        sums[name] = sums.get(name, 0) + value
