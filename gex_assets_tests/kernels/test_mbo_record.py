"""The one place for MBO's layout, flags and sentinels, against the vendor's own package and against what is stored and read."""

from __future__ import annotations

import databento_dbn
from databento.common.enums import RecordFlags

from gex_assets.kernels import mbo_record
from gex_assets.kernels.order_book import layout
from gex_assets.lake.dbn.records import MBO_DTYPE, RTYPES, UNDEF_PRICE, record_dtype
from gex_assets.schemas.vendor_mbo import UNDEFINED_PRICE


def test_flags_are_the_vendors_and_those_never_seen_are_the_others() -> None:
    vendors = {flag.name: flag.value for flag in RecordFlags}
    ours = {name: value for name, value in vars(mbo_record).items() if name.startswith("F_") and name != "F_NEVER_SEEN"}
    assert ours == {name: vendors[name] for name in ours}
    others = [value for name, value in vendors.items() if name not in ours]
    reserved = 255 - sum(vendors.values())
    assert sum(others) + reserved == mbo_record.F_NEVER_SEEN


def test_letters_are_all_that_the_two_layouts_differ_in() -> None:
    for schema_version in (1, 2, 3):
        assert record_dtype(schema="mbo", version=schema_version) == MBO_DTYPE
    assert MBO_DTYPE.names == mbo_record.MBO_NUMBERS.names
    for name in MBO_DTYPE.names:
        (letters, offset), (numbers, same_offset) = MBO_DTYPE.fields[name][:2], mbo_record.MBO_NUMBERS.fields[name][:2]
        assert offset == same_offset
        assert (letters, numbers) == (("S1", "u1") if name in {"action", "side"} else (numbers, numbers))
    assert MBO_DTYPE.itemsize == mbo_record.MBO_NUMBERS.itemsize == databento_dbn.MBOMsg.size_hint


def test_no_price_is_one_number_everywhere() -> None:
    assert mbo_record.UNDEF_PRICE == databento_dbn.UNDEF_PRICE
    assert {UNDEF_PRICE, UNDEFINED_PRICE, layout.UNDEFINED} == {mbo_record.UNDEF_PRICE}
    assert RTYPES["mbo"] == mbo_record.MBO_RTYPE == databento_dbn.RType.from_schema("mbo").value


def test_no_size_is_the_vendors() -> None:
    assert mbo_record.UNDEF_SIZE == databento_dbn.UNDEF_ORDER_SIZE
