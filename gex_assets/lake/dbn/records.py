"""The vendor's records as numpy sees them: field by field, for every version of DBN that files come in.

The layouts are written out so that reading needs numpy only; a test compares them with the vendor's own package. MBO's is
`kernels/mbo_record.py`, which compiled loops need too. Files are read in `reader.py` and written in `writer.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from gex_assets.kernels.mbo_record import MBO_NUMBERS, MBO_RTYPE, UNDEF_PRICE

__all__ = [
    "DATASET",
    "MBO_DTYPE",
    "RTYPES",
    "UNDEF_PRICE",
    "UNDEF_STAT_QUANTITY",
    "UNDEF_TIMESTAMP",
    "VERSIONS",
    "definition_dtype",
    "record_dtype",
    "statistics_dtype",
]

DATASET: Final = "GLBX.MDP3"
VERSIONS: Final = (1, 2, 3)
RTYPES: Final = {"mbo": MBO_RTYPE, "definition": 19, "statistics": 24}
"""The record type of each schema that is read here."""

UNDEF_TIMESTAMP: Final = 2**64 - 1
UNDEF_STAT_QUANTITY: Final = {1: 2**31 - 1, 2: 2**31 - 1, 3: 2**63 - 1}
"""The quantity that means "none", by version: the vendor's client converts neither."""

_HEAD: Final = "length:u1 rtype:u1 publisher_id:u2 instrument_id:u4 ts_event:u8 "

_STATISTICS: Final = (
    _HEAD + "ts_recv:u8 ts_ref:u8 price:i8 quantity:{quantity} sequence:u4 ts_in_delta:i4 stat_type:u2 channel_id:u2"
    " update_action:u1 stat_flags:u1 _reserved:{reserved}"
)

_LOTS: Final = (
    " market_depth_implied:i4 market_depth:i4 market_segment_id:u4 max_trade_vol:u4 min_lot_size:i4 min_lot_size_block:i4"
    " min_lot_size_round_lot:i4 min_trade_vol:u4"
)

_LIMITS: Final = (
    _HEAD + "ts_recv:u8 min_price_increment:i8 display_factor:i8 expiration:u8 activation:u8 high_limit_price:i8"
    " low_limit_price:i8 max_price_variation:i8"
)

_DEFINITIONS: Final = {
    1: _LIMITS + " trading_reference_price:i8 unit_of_measure_qty:i8 min_price_increment_amount:i8 price_ratio:i8"
    " inst_attrib_value:i4 underlying_id:u4 raw_instrument_id:u4" + _LOTS + " _reserved2:S4 contract_multiplier:i4"
    " decay_quantity:i4 original_contract_size:i4 _reserved3:S4 trading_reference_date:u2 appl_id:i2 maturity_year:u2"
    " decay_start_date:u2 channel_id:u2 currency:S4 settl_currency:S4 secsubtype:S6 raw_symbol:S22 group:S21 exchange:S5"
    " asset:S7 cfi:S7 security_type:S7 unit_of_measure:S31 underlying:S21 strike_price_currency:S4 instrument_class:S1"
    " _reserved4:S2 strike_price:i8 _reserved5:S6 match_algorithm:S1 md_security_trading_status:u1 main_fraction:u1"
    " price_display_format:u1 settl_price_type:u1 sub_fraction:u1 underlying_product:u1 security_update_action:S1"
    " maturity_month:u1 maturity_day:u1 maturity_week:u1 user_defined_instrument:S1 contract_multiplier_unit:i1"
    " flow_schedule_type:i1 tick_rule:u1 _dummy:S3",
    2: _LIMITS + " trading_reference_price:i8 unit_of_measure_qty:i8 min_price_increment_amount:i8 price_ratio:i8"
    " strike_price:i8 inst_attrib_value:i4 underlying_id:u4 raw_instrument_id:u4" + _LOTS + " contract_multiplier:i4"
    " decay_quantity:i4 original_contract_size:i4 trading_reference_date:u2 appl_id:i2 maturity_year:u2 decay_start_date:u2"
    " channel_id:u2 currency:S4 settl_currency:S4 secsubtype:S6 raw_symbol:S71 group:S21 exchange:S5 asset:S7 cfi:S7"
    " security_type:S7 unit_of_measure:S31 underlying:S21 strike_price_currency:S4 instrument_class:S1 match_algorithm:S1"
    " md_security_trading_status:u1 main_fraction:u1 price_display_format:u1 settl_price_type:u1 sub_fraction:u1"
    " underlying_product:u1 security_update_action:S1 maturity_month:u1 maturity_day:u1 maturity_week:u1"
    " user_defined_instrument:S1 contract_multiplier_unit:i1 flow_schedule_type:i1 tick_rule:u1 _reserved:S10",
    3: _LIMITS + " unit_of_measure_qty:i8 min_price_increment_amount:i8 price_ratio:i8 strike_price:i8 raw_instrument_id:u8"
    " leg_price:i8 leg_delta:i8 inst_attrib_value:i4 underlying_id:u4" + _LOTS + " contract_multiplier:i4 decay_quantity:i4"
    " original_contract_size:i4 leg_instrument_id:u4 leg_ratio_price_numerator:i4 leg_ratio_price_denominator:i4"
    " leg_ratio_qty_numerator:i4 leg_ratio_qty_denominator:i4 leg_underlying_id:u4 appl_id:i2 maturity_year:u2"
    " decay_start_date:u2 channel_id:u2 leg_count:u2 leg_index:u2 currency:S4 settl_currency:S4 secsubtype:S6 raw_symbol:S71"
    " group:S21 exchange:S5 asset:S11 cfi:S7 security_type:S7 unit_of_measure:S31 underlying:S21 strike_price_currency:S4"
    " leg_raw_symbol:S71 instrument_class:S1 match_algorithm:S1 main_fraction:u1 price_display_format:u1 sub_fraction:u1"
    " underlying_product:u1 security_update_action:S1 maturity_month:u1 maturity_day:u1 maturity_week:u1"
    " user_defined_instrument:S1 contract_multiplier_unit:i1 flow_schedule_type:i1 tick_rule:u1 leg_instrument_class:S1"
    " leg_side:S1 _reserved:S17",
}


def _dtype(layout: str) -> np.dtype[np.void]:
    fields: list[tuple[str, str]] = []
    for field in layout.split():
        name, kind = field.split(":")
        fields.append((name, kind if kind[0] == "S" else f"<{kind}"))
    return np.dtype(fields)


MBO_DTYPE: Final[np.dtype[np.void]] = np.dtype(
    [(name, "S1" if name in {"action", "side"} else MBO_NUMBERS[name]) for name in MBO_NUMBERS.names or ()]
)
"""An MBO record, with its letters as letters: 56 bytes in every version."""


@cache
def definition_dtype(version: int) -> np.dtype[np.void]:
    """Layout of an instrument definition: 360, 400 or 520 bytes in DBN version 1, 2 or 3 (only 3 carries legs)."""
    return _dtype(_DEFINITIONS[version])


@cache
def statistics_dtype(version: int) -> np.dtype[np.void]:
    """Layout of a statistic: 64 bytes in DBN versions 1 and 2, 80 (with a wider quantity) in version 3."""
    wide = version >= VERSIONS[-1]
    return _dtype(_STATISTICS.format(quantity="i8" if wide else "i4", reserved="S18" if wide else "S6"))


def record_dtype(*, schema: str, version: int) -> np.dtype[np.void]:
    """Layout of the records of a schema: `mbo`, `definition` or `statistics`, in DBN version 1, 2 or 3."""
    layouts: dict[str, Any] = {"definition": definition_dtype, "statistics": statistics_dtype}
    return MBO_DTYPE if schema == "mbo" else layouts[schema](version)
