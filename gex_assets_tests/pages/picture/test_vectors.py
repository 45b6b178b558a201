"""The examples for the browser's decoder are what is packed today, and the twin reads them."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest

from gex_assets_tests.pages.picture.vectors import FOLDER, written
from gex_assets_tests.twins.packed_day import cells_of, matrix_of, unpacked

WRITTEN = written()


def inflated(value: Any) -> Any:
    """Streams by what they hold: zlib may write them differently from version to version."""
    if isinstance(value, dict):
        return {key: _bytes(one) if key == "blob" and "planes" not in value else inflated(one) for key, one in value.items()}
    return [inflated(one) for one in value] if isinstance(value, list) else value


def _bytes(text: str) -> bytes:
    return unpacked(base64.b64decode(text))


@pytest.mark.parametrize("name", WRITTEN)
def test_files_are_fresh(name: str) -> None:
    stored = json.loads((FOLDER / name).read_text())
    fresh = json.loads(json.dumps(WRITTEN[name]))
    if isinstance(stored, dict):
        for one in (stored, fresh):
            one["blobs"] = {blob: _bytes(text) for blob, text in one["blobs"].items()}
    assert _near(inflated(stored), inflated(fresh)), "run python -m gex_assets_tests.pages.picture.vectors"


def _near(one: Any, other: Any) -> bool:
    """Equal, decimals to the last digits: exp differs by a bit between machines."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_near, one, other))
    return bool(one == other)


@pytest.mark.parametrize("case", WRITTEN["codings.json"], ids=lambda case: case["name"])
def test_the_twin_reads_each_case(case: dict[str, Any]) -> None:
    said, rows = case["column"], case["rows"]
    matrix = matrix_of(_bytes(case["blob"]), said, rows=rows, times=case["times"])
    if said["kind"] == "codes":
        assert matrix == case["values"]
        return
    for number, (codes, values) in enumerate(zip(matrix, case["values"], strict=True)):
        found = list(cells_of(codes, said, number, rows, said.get("words")))
        assert [one is None for one in found] == [one is None for one in values]
        assert all(
            one == value if isinstance(value, str) else math.isclose(one, value, rel_tol=1e-12)
            for one, value in zip(found, values, strict=True)
            if value is not None
        )


def test_every_kind_a_missing_value_and_two_expirations_are_among_them() -> None:
    kinds = {case["column"]["kind"] for case in WRITTEN["codings.json"]}
    assert kinds == {"linear", "log", "code", "codes"}
    day = WRITTEN["two_expirations.json"]
    assert len(day["header"]["expirations"]) == 2
    assert any(cell is None for row in day["nets"]["field"] for cell in row)
