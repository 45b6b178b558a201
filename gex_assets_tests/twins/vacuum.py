"""Twin of `silver_vacuum`: every price of a dict book by itself, one number at a time."""

from __future__ import annotations

import math
from collections import Counter
from copy import copy
from itertools import pairwise
from typing import Any

from gex_assets_tests.twins.dict_book import WINDOW, Book, DictBooks, Order, Record

Row = dict[str, Any]

ZONES = {"at": range(3), "near": range(3, 6), "mid": range(6, 15), "far": range(15, 21)}
SIDES = {"bid": "B", "ask": "A"}


class ZoneBooks(DictBooks):
    """Books that also have the sizes by zone of each window and instrument: `zones[ts_window_end, instrument_id]`.

    The value is None where the book was not ok at the window's start.
    """

    def __init__(self, *, tick: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.tick = tick
        self.zones: dict[tuple[int, int], Row | None] = {}
        self.opened: dict[int, Row | None] | None = None

    def close(self, *, until: int) -> None:
        while self.next < len(self.ends):
            end = self.ends[self.next]
            if self.opened is None:
                if end - WINDOW > until:
                    return
                self.opened = {key: self.start(key, book, end - WINDOW) for key, book in self.books.items()}
            if end > until:
                return
            for key, book in self.books.items():
                numbers = self.opened.get(key)
                self.zones[end, key] = None if numbers is None else self.ended(numbers, book)
            self.opened = None
            super().close(until=end)

    def start(self, key: int, book: Book, moment: int) -> Row | None:
        if self.row(key, book, moment)["book_state"] != "ok":
            return None
        (bid, _), (ask, _) = book.best
        numbers: Row = {"bid": bid, "ask": ask, "twice_mid": bid + ask, "flow": Counter(), "complete": book.complete}
        numbers["start"] = {side: self.resting(numbers["twice_mid"], book, side) for side in SIDES}
        return numbers

    def ended(self, numbers: Row, book: Book) -> Row:
        bests = dict(zip(("bid", "ask"), book.best, strict=True))
        return numbers | {
            "end": {side: self.resting(numbers["twice_mid"], book, side) for side in SIDES},
            "end_complete": book.complete,
            "best_ticks": {
                side: None if best is None else self.distance(numbers["twice_mid"], side, best[0]) for side, best in bests.items()
            },
        }

    def distance(self, twice_mid: int, side: str, price: int) -> int:
        twice = 2 * price - twice_mid if side == "ask" else twice_mid - 2 * price
        return max(0, twice) // (2 * self.tick)

    def zone(self, twice_mid: int, side: str, price: int) -> str | None:
        distance = self.distance(twice_mid, side, price)
        return next((name for name, ticks in ZONES.items() if distance in ticks), None)

    def resting(self, twice_mid: int, book: Book, side: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for price, size in book.sizes[SIDES[side]].items():
            zone = self.zone(twice_mid, side, price)
            if zone is not None:
                found[zone] += size
                found["size_ticks"] += size * self.distance(twice_mid, side, price)
        return found

    def apply(self, record: Record, behind: int = 0) -> None:
        if self.clock is None or record.ts_recv + behind > self.clock:
            self.clock = record.ts_recv + behind
        self.reach(self.clock, edges_until=self.clock)
        book = self.books.get(record.instrument_id)
        if book is None:
            super().apply(record, behind)
            return
        before, stood = Counter(book.flow), copy(book.orders.get(record.order_id))
        super().apply(record, behind)
        numbers = (self.opened or {}).get(record.instrument_id)
        if numbers is not None:
            self.note(numbers, before, book, stood, book.orders.get(record.order_id))

    def note(self, numbers: Row, before: Counter[str], book: Book, stood: Order | None, stands: Order | None) -> None:
        """Add the record's flow to the zone of its order's price: before the record, or after it for an add."""
        for side in SIDES:
            for name, where in (("add", stands), ("pull_rest", stood), ("reprice_toward", stood), ("reprice_away", stood)):
                size = book.flow[f"{side}_{name}_size"] - before[f"{side}_{name}_size"]
                zone = self.zone(numbers["twice_mid"], side, where.price) if size else None
                if zone is not None:
                    numbers["flow"][side, name, zone] += size


def features(numbers: Row | None) -> Row:
    """Every f and u feature of a window from the sizes by zone; all None without a mid at its start."""
    if numbers is None:
        return dict.fromkeys([*_names("f"), *_names("u")])
    f: Row = {}
    for side, retreat, decay, bbo in (("ask", "f1", "f2", "f8"), ("bid", "f3", "f4", "f9")):
        start, end = numbers["start"][side], numbers["end"][side]
        total = {moment: sum(book[zone] for zone in ZONES) for moment, book in (("start", start), ("end", end))}
        com = {
            moment: book["size_ticks"] / total[moment] if total[moment] else 20
            for moment, book in (("start", start), ("end", end))
        }
        added = sum(numbers["flow"][side, "add", zone] for zone in ZONES)
        pulled = sum(numbers["flow"][side, "pull_rest", zone] for zone in ZONES)
        toward = sum(numbers["flow"][side, "reprice_toward", zone] for zone in ZONES)
        away = sum(numbers["flow"][side, "reprice_away", zone] for zone in ZONES)
        f[f"{retreat}_{side}_com_disp_log"] = math.log((com["end"] + 1) / (com["start"] + 1))
        f[f"{retreat}_{side}_slope_convex_log"] = math.log((end["far"] + 1) / (end["near"] + 1))
        f[f"{retreat}_{side}_slope_inner_log"] = math.log((end["near"] + 1) / (end["at"] + 1))
        for zone in ("at", "near"):
            share = end[zone] / (total["end"] + 1) - start[zone] / (total["start"] + 1)
            f[f"{retreat}_{side}_{zone}_share_delta"] = share
            f[f"{decay}_{side}_{zone}_pull_share_rest"] = numbers["flow"][side, "pull_rest", zone] / (pulled + 1)
        f[f"{retreat}_{side}_reprice_away_share_rest"] = away / (away + toward + 1) if away + toward else 0.5
        f[f"{decay}_{side}_pull_add_log_rest"] = math.log((pulled + 1) / (added + 1))
        f[f"{decay}_{side}_pull_intensity_log_rest"] = math.log(1 + pulled / (total["start"] + 1))
        f[f"{bbo}_{side}_bbo_dist_ticks"] = numbers["best_ticks"][side]
    f["f5_vacuum_expansion_log"] = f["f1_ask_com_disp_log"] + f["f3_bid_com_disp_log"]
    f["f6_vacuum_decay_log"] = f["f2_ask_pull_add_log_rest"] + f["f4_bid_pull_add_log_rest"]
    f["f7_vacuum_total_log"] = f["f5_vacuum_expansion_log"] + f["f6_vacuum_decay_log"]
    bid_added = sum(numbers["flow"]["bid", "add", zone] for zone in ZONES)
    bid_depth = sum(numbers["start"]["bid"][zone] for zone in ZONES)
    u = {
        "u1_ask_com_disp_log": f["f1_ask_com_disp_log"],
        "u2_ask_slope_convex_log": f["f1_ask_slope_convex_log"],
        "u2_ask_slope_inner_log": f["f1_ask_slope_inner_log"],
        "u3_ask_at_share_decay": -f["f1_ask_at_share_delta"],
        "u3_ask_near_share_decay": -f["f1_ask_near_share_delta"],
        "u4_ask_reprice_away_share_rest": f["f1_ask_reprice_away_share_rest"],
        "u5_ask_pull_add_log_rest": f["f2_ask_pull_add_log_rest"],
        "u6_ask_pull_intensity_log_rest": f["f2_ask_pull_intensity_log_rest"],
        "u7_ask_at_pull_share_rest": f["f2_ask_at_pull_share_rest"],
        "u7_ask_near_pull_share_rest": f["f2_ask_near_pull_share_rest"],
        "u8_bid_com_approach_log": -f["f3_bid_com_disp_log"],
        "u9_bid_slope_support_log": -f["f3_bid_slope_convex_log"],
        "u9_bid_slope_inner_log": -f["f3_bid_slope_inner_log"],
        "u10_bid_at_share_rise": f["f3_bid_at_share_delta"],
        "u10_bid_near_share_rise": f["f3_bid_near_share_delta"],
        "u11_bid_reprice_toward_share_rest": 1 - f["f3_bid_reprice_away_share_rest"],
        "u12_bid_add_pull_log_rest": -f["f4_bid_pull_add_log_rest"],
        "u13_bid_add_intensity_log": math.log(1 + bid_added / (bid_depth + 1)),
        "u14_bid_far_pull_share_rest": 1 - f["f4_bid_at_pull_share_rest"] - f["f4_bid_near_pull_share_rest"],
        "u18_ask_bbo_dist_ticks": f["f8_ask_bbo_dist_ticks"],
        "u19_bid_bbo_dist_ticks": f["f9_bid_bbo_dist_ticks"],
    }
    u["u15_up_expansion_log"] = u["u1_ask_com_disp_log"] + u["u8_bid_com_approach_log"]
    u["u16_up_flow_log"] = u["u5_ask_pull_add_log_rest"] + u["u12_bid_add_pull_log_rest"]
    u["u17_up_total_log"] = u["u15_up_expansion_log"] + u["u16_up_flow_log"]
    made = f | u
    return made | dict.fromkeys(_unknown(made, numbers))


_OF_START_AND_END = ("_com_", "_share_delta", "u3_", "u10_", "expansion", "f7_", "u17_")
_OF_END, _OF_START = ("_slope_",), ("pull_intensity", "u13_")


def _unknown(made: Row, numbers: Row) -> list[str]:
    """Names of the features that need to know what rested when the book was not complete."""
    kinds = [
        *(() if numbers["complete"] and numbers["end_complete"] else _OF_START_AND_END),
        *(() if numbers["end_complete"] else _OF_END),
        *(() if numbers["complete"] else _OF_START),
    ]
    return [name for name in made if any(kind in name for kind in kinds)]


def vacuum_rows(
    books: ZoneBooks, *, symbols: dict[int, str], underlyings: dict[int, list[str]], front_order: list[str]
) -> list[Row]:
    """The table's rows from finished books.

    Parameters
    ----------
    symbols : instrument id -> symbol.
    underlyings : ts_window_end -> the futures that `silver_gex` names.
    front_order : symbols by delivery, the earliest first.
    """
    seen = {(row["ts_window_end"], row["instrument_id"]): row for row in books.rows}
    traded: Counter[str] = Counter()
    values: dict[tuple[int, int], Row] = {}
    rows: list[Row] = []
    for end in books.ends:
        present = sorted(key for when, key in seen if when == end)
        for key in present:
            own = seen[end, key]
            traded[symbols[key]] += own["trade_buy_size"] + own["trade_sell_size"] + own["trade_none_size"]
            values[end, key] = features(books.zones.get((end, key)))
        if not present:
            continue
        most = max(traded[symbols[key]] for key in present)
        busiest = [name for name in front_order if name in {symbols[key] for key in present} and traded[name] == most]
        for name in sorted(underlyings.get(end) or busiest[:1]):
            key = next((key for key in present if symbols[key] == name), None)
            numbers = None if key is None else books.zones.get((end, key))
            row = {
                "ts_window_end": end,
                "symbol": name,
                "book_state": "unseen" if key is None else seen[end, key]["book_state"],
                "reference_price": None if numbers is None else (numbers["bid"] / 1e9 + numbers["ask"] / 1e9) / 2,
            }
            for side in SIDES:
                unknown = numbers is None or not numbers["end_complete"]
                row |= {f"{side}_{zone}_depth": None if unknown else numbers["end"][side][zone] for zone in ZONES}
            for feature in (*_names("f"), *_names("u")):
                row |= steps(
                    feature, [values.get((end - ago * WINDOW, key), {}).get(feature) for ago in range(4)], end, books.ends
                )
            rows.append(row)
    return rows


def steps(name: str, values: list[float | None], end: int, ends: list[int]) -> Row:
    """A feature and its differences over the windows before; None where a window or a value is missing."""
    row: Row = {name: values[0]}
    d = values
    for order in (1, 2, 3):
        d = [None if None in pair else pair[0] - pair[1] for pair in pairwise(d)]
        row[f"d{order}_{name}"] = d[0] if end - order * WINDOW in ends else None
    return row


def _names(letter: str) -> list[str]:
    """Names of the f or u features, from those of an empty book."""
    empty = {side: Counter() for side in SIDES}
    numbers = {"start": empty, "end": empty, "flow": Counter(), "best_ticks": dict.fromkeys(SIDES)}
    numbers |= {"complete": True, "end_complete": True}
    return [name for name in features(numbers) if name.startswith(letter)]
