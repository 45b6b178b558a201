"""A slow book of dicts that complains: every record of a sample's file must refer to what rests, as a venue's would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gex_assets.lake.dbn import reader as dbn

F_LAST, F_SNAPSHOT = 128, 32


class Order(NamedTuple):
    side: str
    price: int
    size: int


class PlainBook:
    """Orders by (instrument, order), and sizes by price; `complaints` counts what no venue would send."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, int], Order] = {}
        self.levels: dict[int, dict[str, dict[int, int]]] = {}
        self.complaints: Counter[str] = Counter()
        self.crossed: list[tuple[int, int]] = []
        self._fills: dict[tuple[int, int], int] = {}

    def sides(self, instrument: int) -> dict[str, dict[int, int]]:
        return self.levels.setdefault(instrument, {"B": {}, "A": {}})

    def best(self, instrument: int) -> tuple[int | None, int | None]:
        sides = self.sides(instrument)
        return max(sides["B"], default=None), min(sides["A"], default=None)

    def _put(self, key: tuple[int, int], order: Order | None) -> None:
        old = self.orders.pop(key, None)
        sides = self.sides(key[0])
        if old is not None:
            level = sides[old.side]
            level[old.price] -= old.size
            if level[old.price] == 0:
                del level[old.price]
        if order is not None:
            self.orders[key] = order
            level = sides[order.side]
            level[order.price] = level.get(order.price, 0) + order.size

    def apply(self, row: dict[str, Any]) -> None:
        action, key = row["action"], (row["instrument_id"], row["order_id"])
        old = self.orders.get(key)
        order = Order(row["side"], row["price"], row["size"])
        match action:
            case "R":
                for other in [one for one in self.orders if one[0] == key[0]]:
                    self._put(other, None)
            case "A":
                self.complaints["add of a resting order"] += old is not None
                self.complaints["add without size"] += order.size <= 0
                self._put(key, order)
            case "M":
                self.complaints["modify of an unknown order"] += old is None
                self.complaints["modify of the other side"] += old is not None and old.side != order.side
                self.complaints["modify without size"] += order.size <= 0
                self._put(key, order)
            case "C":
                self.complaints["cancel of an unknown order"] += old is None
                self.complaints["cancel that is not in full"] += old is not None and (old.size, old.price) != (
                    order.size,
                    order.price,
                )
                self._put(key, None)
            case "F":
                self.complaints["fill of an unknown order"] += old is None
                self.complaints["fill of more than rests"] += old is not None and row["side"] != "N" and order.size > old.size
                self.complaints["fill at another price"] += old is not None and row["side"] != "N" and order.price != old.price
        if row["flags"] & F_LAST and action != "R":
            bid, ask = self.best(key[0])
            if bid is not None and ask is not None and bid >= ask:
                self.crossed.append((row["ts_recv"], key[0]))

    def apply_all(self, records: np.ndarray) -> None:
        for row in plain_rows(records):
            self.apply(row)
        self.complaints = +self.complaints


def plain_rows(records: np.ndarray) -> Iterable[dict[str, Any]]:
    names = records.dtype.names or ()
    for values in records.tolist():
        row = dict(zip(names, values, strict=True))
        row["action"], row["side"] = row["action"].decode(), row["side"].decode()
        yield row


def read(path: Path) -> np.ndarray:
    return np.concatenate(list(dbn.blocks(path, block_records=65_536)))


def live(records: np.ndarray) -> np.ndarray:
    return records[(records["flags"] & F_SNAPSHOT) == 0]


def event_shapes(records: np.ndarray) -> Counter[str]:
    """Actions of one instrument's records from event's end to event's end, counted over all instruments."""
    shapes: Counter[str] = Counter()
    order = np.argsort(records["instrument_id"], kind="stable")
    own = records[order]
    actions = own["action"].tobytes().decode()
    start = 0
    for end in np.flatnonzero(own["flags"] & F_LAST).tolist():
        shapes[actions[start : end + 1]] += 1
        start = end + 1
    return shapes
