"""The vendor's statistics that a table of a day reads: those of its own date, and of the other days that its schema names."""

from collections.abc import Iterator
from datetime import timedelta

import pyarrow as pa

from gex_assets.defs.table_day import TableDay
from gex_assets.errors import BadFileError
from gex_assets.schemas.registry import TABLES

__all__ = ["published_statistics"]


def published_statistics(day: TableDay) -> Iterator[pa.Table]:
    """Rows of `vendor_shapes.STATISTICS`, oldest file first. All files become inputs of the table-day.

    Its own date's are those of `raw_option_statistics`. A file of another day that is refused is left out, with a warning and
    a count, `refused_earlier_file`. It is an input too: delivered again, it may be taken.
    """
    from gex_assets.lake.freshness import delivered_inputs, delivered_sha256, sidecars_digest
    from gex_assets.lake.lineage import sidecars_key

    for key in delivered_inputs(day.lake, day.name, day.product, day.day):
        day.inputs |= {key: delivered_sha256(day.lake, key) or "", sidecars_key(key): sidecars_digest(day.lake, key)}
    own = day.open("raw_option_statistics").read()
    return _rows(day, own)


def _rows(day: TableDay, own: pa.Table) -> Iterator[pa.Table]:
    from gex_assets.lake.raw.reference_data import statistics
    from gex_assets.lake.raw.verify import verify_day

    block_records = day.settings.block_records
    for away in sorted((*TABLES[day.name].statistics_days, 0)):
        file_date = day.day + timedelta(days=away)
        try:
            files = (
                own
                if away == 0
                else verify_day(
                    day.lake.fs, kind="option_statistics", product=day.product, day=file_date, block_records=block_records
                ).table
            )
        except BadFileError as error:
            day.log.warning(f"left out of {day.name} of {day.day}: {error}")
            day.tally["refused_earlier_file"] += 1
            continue
        yield from statistics(day.lake.fs, files, file_date=file_date, block_records=block_records)
