"""Packed examples for the browser's decoder, with what they hold: `python -m gex_assets_tests.pages.picture.vectors` writes them.

They lie in `web/test/vectors/` and are compared with the present packing by `test_vectors.py`.
"""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.conventions import BUILT_IN, SCALE_UNITS
from gex_assets.kernels.exposure.exposure import gamma_exposure, signs
from gex_assets.kernels.packing.planes import deflated, planes_of
from gex_assets.kernels.packing.quantizing import from_indices, from_linear, from_log, to_linear, to_log

FOLDER: Final = Path(__file__).parents[3] / "web" / "test" / "vectors"

NAN: Final = float("nan")
TIMES: Final = 26
STRIKES: Final = ((0, 6900.0), (0, 6905.0), (1, 6875.0), (1, 6900.0), (1, 6925.0))
FORWARDS: Final = (6902.25, 6951.5)
MULTIPLIER: Final = 50.0
RULER: Final = {"step": 0.0018, "base": 1e-9}
WORDS: Final = ("positive", "negative", "neutral")


def written() -> dict[str, Any]:
    """File name -> what it holds."""
    return {"codings.json": _codings(), "two_expirations.json": _day()}


def _plain(values: NDArray[Any]) -> list[Any]:
    return [[None if math.isnan(cell) else cell for cell in row] for row in np.atleast_2d(values).tolist()]


def _column(codes: NDArray[np.uint32], **about: Any) -> tuple[dict[str, Any], bytes]:
    planes = planes_of(codes)
    return about | {"planes": len(planes)}, b"".join(plane.tobytes() for plane in planes)


def _case(name: str, codes: NDArray[np.uint32], values: list[Any], **about: Any) -> dict[str, Any]:
    column, packed = _column(codes, offset=0, every=1, **about)
    rows, times = codes.shape
    blob = base64.b64encode(deflated([packed])).decode()
    return {"name": name, "rows": rows, "times": times, "column": column, "blob": blob, "values": values}


def _linear(name: str, values: list[list[float]], step: float) -> dict[str, Any]:
    codes = from_linear(np.array(values), step=step)
    return _case(name, codes, _plain(to_linear(codes, step=step)), kind="linear", step=step)


def _codings() -> list[dict[str, Any]]:
    gammas = np.array([[1e-9, 2.5e-4, NAN, 2.4e-4, 0.0], [3e-3, 3.1e-3, 3.1e-3, 1e-7, NAN]])
    logs = from_log(gammas, step=0.0018, base=1e-9)
    words = np.array([[0, 0, 1, -1, 2], [-1, 2, 2, 2, 0]])
    extremes = np.array([[0, 2**32 - 1, 0, 1, 2**31], [2**31, 5, 2**32 - 1, 2**31 - 1, 0]], dtype=np.uint32)
    blocks = np.array([[1.0, 2.0, -3.0], [4.0, NAN, 6.0], [1e9, 1.5e9, -2e9], [NAN, NAN, 1e6]])
    steps = [0.5, 1e5]
    by_block = np.concatenate([from_linear(part, step=step) for part, step in zip(np.split(blocks, 2), steps, strict=True)])
    decoded = np.concatenate([to_linear(part, step=step) for part, step in zip(np.split(by_block, 2), steps, strict=True)])
    return [
        _linear("whole numbers of both signs", [[0.0, 1.0, -1.0, 300.0, -70_000.0], [5.0, 5.0, 5.0, 5.0, 5.0]], 1.0),
        _linear("missing at the beginning, inside and at the end", [[NAN, 6900.25, NAN, 6900.5, NAN]], 0.01),
        _linear("nothing known", [[NAN, NAN, NAN]], 0.01),
        _linear("the largest steps", [[2.0**30, -(2.0**30), 0.0, 2.0**30]], 1.0),
        _linear("one cell", [[-2.5]], 0.5),
        _case("ratios", logs, _plain(to_log(logs, step=0.0018, base=1e-9)), kind="log", step=0.0018, base=1e-9),
        _case(
            "words",
            from_indices(words),
            [[None if one < 0 else WORDS[one] for one in row] for row in words.tolist()],
            kind="code",
            words=list(WORDS),
        ),
        _case("differences that wrap around", extremes, extremes.tolist(), kind="codes"),
        _case("a step for each block of rows", by_block, _plain(decoded), kind="linear", step=0.0, steps=steps),
    ]


def _day() -> dict[str, Any]:
    """Two expirations, five lines, 26 windows with a gap; expected nets by convention, from the decoded numbers."""
    draw = np.random.default_rng(3)
    lines = len(STRIKES)
    gamma = np.abs(draw.normal(2e-4, 5e-5, (lines, TIMES)))
    gamma[2, 5:9] = NAN
    forward = np.array(FORWARDS)[:, None] + np.cumsum(draw.integers(-2, 3, (2, TIMES)) * 0.25, axis=1)
    forward[1, 20] = NAN
    weights = {
        "open_interest": np.repeat(draw.integers(0, 5000, (2, lines, 1)).astype(float), TIMES, axis=2),
        "flow_inventory": draw.integers(-40, 40, (2, lines, TIMES)).astype(float),
    }
    weights["open_interest"][1, 0] = NAN
    k = np.concatenate([np.arange(10_000, 10_014), np.arange(10_100, 10_112)]).astype(float)[None]
    columns: list[dict[str, Any]] = []
    blobs: dict[str, str] = {}
    core = [
        (from_linear(k, step=1.0), {"name": "k", "axis": "day", "kind": "linear", "step": 1.0}),
        (from_linear(forward, step=0.005), {"name": "forward", "axis": "expirations", "kind": "linear", "step": 0.005}),
        (
            from_log(gamma, step=0.0018, base=1e-9),
            {"name": "gamma", "axis": "lines", "kind": "log", "step": 0.0018, "base": 1e-9},
        ),
    ]
    _add(columns, blobs, "core", core)
    for name, both in weights.items():
        made = [
            (from_linear(both[place], step=1.0), {"name": f"{right}_{name}", "axis": "lines", "kind": "linear", "step": 1.0})
            for place, right in enumerate(("call", "put"))
        ]
        _add(columns, blobs, f"weight-{name}", made)
    header = {
        "format": 2,
        "product": "ES",
        "date": "2026-01-06",
        "title": "ES · 2026-01-06",
        "step_s": 5,
        "stride": 1,
        "midnight_ns": "1767657600000000000",
        "windows": TIMES,
        "sessions": [{"start_k": 0, "end_k": 15839, "session_date": "2026-01-06", "label": "session of Tue Jan 6"}],
        "regular_hours": [[10440, 15119]],
        "expirations": [_expiration("2026-01-06", 0), _expiration("2026-03-20", 1)],
        "lines": [{"expiration": one, "strike": strike} for one, strike in STRIKES],
        "conventions": [_convention(name) for name in ("field", "flow", "magic8")],
        "levels": [],
        "codes": {},
        "profile": None,
        "profiles": [],
        "notes": [],
        "lineage": {},
        "live": None,
        "columns": columns,
        "blobs": list(blobs),
    }
    decoded_gamma = to_log(from_log(gamma, **RULER), **RULER)
    decoded_forward = to_linear(from_linear(forward, step=0.005), step=0.005)
    return {"header": header, "blobs": blobs, "nets": _nets(decoded_gamma, decoded_forward, weights)}


def _add(columns: list[dict[str, Any]], blobs: dict[str, str], name: str, parts: list[tuple[Any, dict[str, Any]]]) -> None:
    offset, packed = 0, []
    for codes, about in parts:
        column, part = _column(codes, blob=name, offset=offset, every=1, unit="", label=about["name"], **about)
        columns.append(column)
        packed.append(part)
        offset += len(part)
    blobs[name] = base64.b64encode(deflated(packed)).decode()


def _expiration(day: str, number: int) -> dict[str, Any]:
    return {
        "ts_ns": ("1767733200000000000", "1774013400000000000")[number],
        "date": day,
        "label": ("daily Jan 6", "quarterly Mar 20")[number],
        "underlying": "ESH6",
        "multiplier": MULTIPLIER,
        "is_0dte": number == 0,
        "selected": True,
    }


def _convention(name: str) -> dict[str, Any]:
    one = BUILT_IN[name]
    weight = one.weights[0]
    unit = SCALE_UNITS[one.scale]
    return {
        "name": name,
        "version": one.version,
        "weight": weight,
        "scale": one.scale,
        "unit": unit,
        "sign_model": one.sign_model,
        "wall_rule": one.wall_rule,
        "flip_rule": one.flip_rule,
        "neutral_share": one.neutral_share,
        "neutral_errors": one.neutral_errors,
    }


def _nets(gamma: NDArray[Any], forward: NDArray[Any], weights: dict[str, NDArray[Any]]) -> dict[str, list[Any]]:
    """Net exposure by line and window under each convention; a side that is missing counts as nothing, both as missing."""
    of_line = forward[[expiration for expiration, _ in STRIKES]]
    found = {}
    for name in ("field", "flow", "magic8"):
        one = BUILT_IN[name]
        both = weights[one.weights[0]]
        sign = signs(sign_model=one.sign_model, call_flow=weights["flow_inventory"][0], put_flow=weights["flow_inventory"][1])
        call, put = (
            gamma_exposure(weight=both[side], gamma=gamma, F=of_line, multiplier=MULTIPLIER, scale=one.scale) * sign[side]
            for side in (0, 1)
        )
        missing = np.isnan(call) & np.isnan(put)
        found[name] = _plain(np.where(missing, np.nan, np.nan_to_num(call) + np.nan_to_num(put)))
    return found


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file_name, content in written().items():
        (FOLDER / file_name).write_text(json.dumps(content, separators=(",", ":")) + "\n")
