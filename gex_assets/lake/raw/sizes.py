"""How much was delivered of a day: the size that is known before a file is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files

__all__ = ["delivered_bytes"]


def delivered_bytes(fs: FileSystem, products: Collection[str], *, day: date | None = None) -> Mapping[date, int]:
    """Day -> bytes of all delivered files of the products, compressed as they are; of one day, or of all.

    A day without files is not in it, and counts as 0.
    """
    found: Counter[date] = Counter()
    for product in products:
        for kind in RAW_KINDS:
            for file in find_files(fs, kind=kind, product=product, day=day):
                found[file.day] += file.info.size_bytes
    return found
