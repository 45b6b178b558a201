"""A packed day read back in plain Python, cell by cell, from the description of the format alone."""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from collections.abc import Iterator
from typing import Any

__all__ = ["PackedDay", "cells_of", "matrix_of", "unpacked"]

WRAP = 2**32


class PackedDay:
    """A page's header and its columns as lists of rows; None is missing."""

    def __init__(self, page: str) -> None:
        self.header: dict[str, Any] = json.loads(_element(page, "gex-day"))
        self.streams = {name: base64.b64decode(_element(page, f"gex-blob-{name}")) for name in self.header["blobs"]}
        self.said = {column["name"]: column for column in self.header["columns"]}
        self._columns: dict[str, list[list[Any]]] = {}

    def column(self, name: str) -> list[list[Any]]:
        """Values by row and time, words in place of their codes."""
        if name not in self._columns:
            said = self.said[name]
            times = math.ceil(self.header["windows"] / said["every"])
            rows = self._rows(said["axis"])
            matrix = matrix_of(unpacked(self.streams[said["blob"]]), said, rows=rows, times=times)
            words = self.header["codes"].get(name)
            self._columns[name] = [list(cells_of(row, said, number, rows, words)) for number, row in enumerate(matrix)]
        return self._columns[name]

    def cell(self, name: str, row: int, window: int) -> Any:
        """The value that holds in a window."""
        return self.column(name)[row][window // self.said[name]["every"]]

    def _rows(self, axis: str) -> int:
        header = self.header
        if axis == "day":
            return 1
        if axis == "profile":
            return len(header["profiles"]) * len(header["profile"]["prices"])
        return len(header[axis])


def unpacked(stream: bytes) -> bytes:
    """A stream inflated, and its blocks of zeros put back."""
    left, found = zlib.decompress(stream, -15), bytearray()
    while left:
        size = left[0] + 256 * (left[1] + 256 * (left[2] + 256 * left[3]))
        count = math.ceil(size / 32)
        bits, left = left[4 : 4 + math.ceil(count / 8)], left[4 + math.ceil(count / 8) :]
        part = bytearray()
        for block in range(count):
            if bits[block // 8] >> (block % 8) & 1:
                part += left[:32]
                left = left[32:]
            else:
                part += bytes(32)
        found += part[:size]
    return bytes(found)


def matrix_of(packed: bytes, said: dict[str, Any], *, rows: int, times: int) -> list[list[int]]:
    """Codes: planes joined, zigzag undone, differences summed along each row."""
    matrix = []
    for row in range(rows):
        code, codes = 0, []
        for time in range(times):
            folded = 0
            for plane in range(said["planes"]):
                folded += packed[said["offset"] + plane * rows * times + row * times + time] << (8 * plane)
            code = (code + _unfolded(folded)) % WRAP
            codes.append(code)
        matrix.append(codes)
    return matrix


def cells_of(codes: list[int], said: dict[str, Any], row: int, rows: int, words: list[str] | None) -> Iterator[Any]:
    """Values of one row of codes."""
    steps = said.get("steps")
    step = steps[row * len(steps) // rows] if steps else said.get("step", 1)
    for code in codes:
        if code == 0:
            yield None
        elif said["kind"] == "code":
            assert words is not None
            yield words[code - 1]
        elif said["kind"] == "log":
            yield said["base"] * math.exp(step * (code - 1))
        else:
            yield _unfolded(code - 1) * step


def _unfolded(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def _element(page: str, name: str) -> str:
    found = re.findall(rf'<script type="[^"]+" id="{re.escape(name)}">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1, f"Expected one element {name}, was {len(found)}"
    return str(found[0]).strip()
