"""Sidecars spoiled as bytes and as JSON: values of other types, sizes and ranges anywhere in the tree."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from gex_assets_tests.lake.dbn.spoiled_files import cut, deleted, doubled, flipped, inserted, trailed

STRANGE: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**31, 2**63, 2**64, -(2**63), 10**30, -(10**30), 1.5, float("nan"), float("inf")),
    *("", " ", "\0", "\ud800", "é", "a" * 300, "9" * 5_000, "-1", "4294967296", "sha256:", "md5:0", "..", "../x", "/x", "a/b"),
    *("2026-13-01", "2026-01-06T00:00", "20260106", "2026-W02-2", "0000-01-01", "9999-12-31", "available", "pending", "missing"),
    *([], {}, [[]], [{}], [None], {"": ""}, [3], {"result": {}}, {"s": None}),
)


def spoiled_json(content: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.25:
        return dice.choice([flipped, inserted, deleted, doubled, cut, trailed])(content, dice)
    tree = [json.loads(content)]
    for _ in range(dice.choice([1, 1, 2])):
        holder, key = dice.choice(list(_places(tree)))
        roll = dice.random()
        if roll < 0.7:
            like = [value for value in STRANGE if type(value) is type(holder[key])]
            holder[key] = copy.deepcopy(dice.choice(like if like and dice.random() < 0.6 else STRANGE))
        elif roll < 0.85:
            del holder[key]
        elif isinstance(holder, dict):
            holder[dice.choice(["", "\ud800", "ESH6 C7000", "9" * 5_000])] = holder.pop(key)
        else:
            holder.append(holder[key])
        if not tree:
            return b""
    return json.dumps(tree[0]).encode("utf-8", "surrogatepass")


def _places(tree: Any) -> Any:
    """Every value's holder and key."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, (dict, list)):
            yield from _places(value)
