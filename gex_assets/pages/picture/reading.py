"""A page read again: its elements, its header, and its columns as numbers."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import GexError
from gex_assets.kernels.packing.planes import inflated, rows_of
from gex_assets.kernels.packing.quantizing import to_indices, to_linear, to_log

__all__ = ["PackedColumns", "data_elements", "packed_columns"]

Codes = NDArray[np.uint32]
Float = NDArray[np.float64]
Int = NDArray[np.int64]

_PREFIX = "gex-blob-"


class _Elements(HTMLParser):
    """Collects the text of script elements that have an id."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, str] = {}
        self._name: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a script that holds data."""
        name = dict(attrs).get("id")
        self._name = name if tag == "script" and name is not None else None
        if self._name is not None:
            if self._name in self.found:
                raise GexError(f"Expected one element {self._name} in the page, was two: draw the page again")
            self.found[self._name] = ""

    def handle_data(self, data: str) -> None:
        """Add to the script that is open."""
        if self._name is not None:
            self.found[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        self._name = None


def data_elements(page: bytes) -> dict[str, str]:
    """Id -> text of every script element of a page that has an id.

    Raises
    ------
    GexError
        It is no text, or an id is there twice.
    """
    parser = _Elements()
    try:
        parser.feed(page.decode())
    except UnicodeDecodeError as error:
        raise GexError(f"Expected a page in UTF-8, was: {error}") from error
    parser.close()
    return parser.found


@dataclass(frozen=True, slots=True)
class PackedColumns:
    """The columns of a page.

    Attributes
    ----------
    header : as in the page.
    streams : blob -> its raw deflate stream.
    """

    header: Mapping[str, Any]
    streams: Mapping[str, bytes]

    def values(self, blob: str) -> dict[str, NDArray[Any]]:
        """The columns of a blob: numbers, or words with None where missing; rows by times.

        Raises
        ------
        GexError
            The blob cannot be read, or is shorter than the header says.
        """
        return {said["name"]: self._values(said, self._codes(said, part)) for said, part in self._parts(blob)}

    def line_cells(self, blob: str, *, line: Int, window: Int) -> dict[str, Float]:
        """Some cells of those columns of a blob that have a value for every line and window. Only their lines are unpacked.

        Parameters
        ----------
        line, window : (n,) positions of the cells.

        Raises
        ------
        GexError
            As of `values`, also for a column that is not unpacked.
        """
        lines, row = np.unique(line, return_inverse=True)
        return {
            said["name"]: self._values(said, self._codes(said, part, lines)[row, window])
            for said, part in self._parts(blob)
            if said["axis"] == "lines" and said["every"] == 1
        }

    def _parts(self, blob: str) -> list[tuple[Mapping[str, Any], memoryview]]:
        """What is said of each column of a blob, and its bytes."""
        try:
            packed = inflated(self.streams[blob])
        except (KeyError, ValueError, zlib.error) as error:
            raise GexError(f"Expected a readable blob {blob}, was: {error}: draw the page again") from error
        found = []
        for said in self.header["columns"]:
            if said["blob"] == blob:
                rows, times = self._shape(said)
                wanted = rows * times * said["planes"]
                part = packed[said["offset"] : said["offset"] + wanted]
                if len(part) < wanted:
                    raise GexError(f"Expected {wanted} bytes of {said['name']}, was {len(part)}: draw the page again")
                found.append((said, part))
        return found

    def _codes(self, said: Mapping[str, Any], part: memoryview, wanted: Int | None = None) -> Codes:
        rows, times = self._shape(said)
        return rows_of(part, rows=rows, times=times, planes=said["planes"], wanted=wanted)

    def _values(self, said: Mapping[str, Any], codes: Codes) -> NDArray[Any]:
        if said["kind"] == "code":
            words = np.array([None, *self.header["codes"][said["name"]]], dtype=object)
            return words[to_indices(codes) + 1]
        if said["kind"] == "log":
            return to_log(codes, step=said["step"], base=said["base"])
        steps = said.get("steps") or [said["step"]]
        blocks = [to_linear(block, step=step) for block, step in zip(np.split(codes, len(steps)), steps, strict=True)]
        return np.concatenate(blocks)

    def _shape(self, said: Mapping[str, Any]) -> tuple[int, int]:
        return self._rows(said["axis"]), -(-self.header["windows"] // said["every"])

    def _rows(self, axis: str) -> int:
        header = self.header
        if axis == "profile":
            return len(header["profiles"]) * len(header["profile"]["prices"]) if header["profile"] else 0
        return 1 if axis == "day" else len(header[axis])


def packed_columns(page: bytes) -> PackedColumns:
    """The packed day in a page.

    Raises
    ------
    GexError
        The header or a blob is missing or cannot be read.
    """
    found = data_elements(page)
    try:
        header = json.loads(found["gex-day"])
        streams = {name: base64.b64decode(found[_PREFIX + name], validate=True) for name in header["blobs"]}
    except KeyError as error:
        raise GexError(f"Expected the element {error.args[0]} in the page, was none: draw the page again") from error
    except (ValueError, binascii.Error, TypeError) as error:
        raise GexError(f"Expected a page whose data can be read, was: {error}: draw the page again") from error
    return PackedColumns(header, streams)
