"""What the options of a day are called and defined as, by the day's registered files."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from gex_assets.defs.table_day import TableDay

if TYPE_CHECKING:
    from gex_assets.market.symbols import OptionSymbol
    from gex_assets.stages.bronze.instrument_names import InstrumentNames

__all__ = ["definitions_of", "option_names_of"]


def definitions_of(day: TableDay, files: pa.Table) -> pa.Table:
    """Rows of `vendor_shapes.DEFINITIONS` of the day's `raw_option_definition`."""
    from gex_assets.lake.raw.reference_data import definitions

    return definitions(day.lake.fs, files, block_records=day.settings.block_records)


def option_names_of(
    day: TableDay, files: Mapping[str, pa.Table], definitions: pa.Table, *, tally: Counter[str]
) -> "InstrumentNames[OptionSymbol]":
    """Names of the day's options.

    Parameters
    ----------
    files : raw tables of options. Of two that contradict each other the earlier counts.
    definitions : as from `definitions_of`.
    tally : as for `option_names`.
    """
    from gex_assets.lake.raw.reference_data import mapped_symbols
    from gex_assets.stages.bronze.instrument_names import option_names

    return option_names(
        mapped=[mapped_symbols(day.lake.fs, table, day=day.day) for table in files.values()],
        definitions=definitions,
        product=day.product,
        day=day.day,
        families=day.settings.option_families,
        tally=tally,
    )
