"""A page that does not read back, or holds other numbers than the chain, is not whole."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from gex_assets.kernels.packing.planes import deflated, inflated
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.judging import page_is_small_enough, page_is_whole
from gex_assets.pages.picture.reading import packed_columns
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.picture.made_up_pages import page_of, tables_of
from gex_assets_tests.twins.packed_day import PackedDay


@pytest.fixture(scope="module")
def tables(published: Path) -> DayTables:
    return tables_of(published, DAY)


@pytest.fixture(scope="module")
def page(tables: DayTables) -> bytes:
    return page_of(tables)


def with_blob(page: bytes, name: str, stream: bytes) -> bytes:
    pattern = rb'(id="gex-blob-' + name.encode() + rb'">)[^<]*'
    spoiled, count = re.subn(pattern, lambda found: found[1] + base64.b64encode(stream), page)
    assert count == 1
    return spoiled


def test_a_page_just_drawn_is_whole(tables: DayTables, page: bytes) -> None:
    verdict = page_is_whole(page, tables)
    assert verdict.passed, verdict.text
    assert verdict.facts["cells"] == 500


def test_columns_are_read_as_the_twin_reads_them(page: bytes) -> None:
    packed, twin = packed_columns(page), PackedDay(page.decode())
    for blob in twin.header["blobs"]:
        for name, values in packed.values(blob).items():
            expected = np.array(twin.column(name), dtype=values.dtype)
            if values.dtype == object:
                assert (values == expected).all(), name
            else:
                assert np.allclose(values, expected, rtol=1e-12, equal_nan=True), name


@pytest.mark.parametrize("blob", ["core", "weight-open_interest"])
def test_another_number_is_noticed(tables: DayTables, page: bytes, blob: str) -> None:
    columns = packed_columns(page)
    packed, name = bytearray(inflated(columns.streams[blob])), {"core": "gamma"}.get(blob, "call_open_interest")
    said = next(one for one in columns.header["columns"] if one["name"] == name)
    for row in range(len(columns.header["lines"])):
        packed[said["offset"] + row * columns.header["windows"]] ^= 0x10
    verdict = page_is_whole(with_blob(page, blob, deflated([bytes(packed)])), tables)
    assert not verdict.passed
    assert name in verdict.text


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda page: with_blob(page, "core", b"\x00\x01"), "readable blob core"),
        (lambda page: with_blob(page, "core", zlib.compress(b"no blocks", wbits=-15)), "readable blob core"),
        (lambda page: with_blob(page, "core", deflated([b"short"])), "bytes of"),
        (lambda page: page.replace(b'id="gex-blob-core"', b'id="gex-blob-cure"'), "gex-blob-core"),
        (lambda page: page.replace(b'id="gex-day">{', b'id="gex-day">['), "can be read"),
        (lambda page: page.replace(b"gex-day", b"gex-way"), "gex-day"),
        (lambda page: page + b'<script id="gex-day">{}</script>', "was two"),
        (lambda page: page.replace(b"<title>", b"<title>\xff"), "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said(tables: DayTables, page: bytes, spoiled, said: str) -> None:  # type: ignore[no-untyped-def]
    verdict = page_is_whole(spoiled(page), tables)
    assert not verdict.passed
    assert said in verdict.text


def test_a_large_page_is_refused() -> None:
    assert page_is_small_enough(b"x" * 10, most=10).passed
    verdict = page_is_small_enough(b"x" * 11, most=10)
    assert not verdict.passed
    assert verdict.text.startswith("Expected at most")
