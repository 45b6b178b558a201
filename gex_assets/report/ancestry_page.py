"""What a table-day was made from as lines of text: each table on the way with its inputs, then the delivered files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from gex_assets.escaping import visible
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import TABLES
from gex_assets.wording import counted

if TYPE_CHECKING:  # `gex lineage --help` shall not load pyarrow
    from gex_assets.lake.origins.ancestry import MadeFrom

__all__ = ["ancestry_lines"]

_SHORT: Final = 12
"""Letters of a hash in a line about a table; delivered files have theirs whole."""

_NOW: Final = {"same": "", "changed": "another now", "gone": "gone"}


def ancestry_lines(made_from: Sequence[MadeFrom], *, digest: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """Lines about all inputs.

    Parameters
    ----------
    made_from : from `lake.origins.ancestry.ancestry`.
    digest : `Settings.digest`, to say whether the settings of a table are those of now.
    """
    if not made_from:
        yield "It was made from the code and the settings alone."
        return
    files: dict[str, MadeFrom] = {}
    for (name, day), group in groupby(made_from, key=lambda one: (one.made, one.date)):
        of_table = list(group)
        first, settings = of_table[0], _settings(name, of_table[0].settings_hash, digest)
        yield f"{name} of {first.product} {day}: code version {first.code_version}, {settings}"
        for one in of_table:
            if one.input.startswith("raw/"):
                files[one.input] = one
            else:
                yield f"  {one.sha256[:_SHORT]}  {visible(_short(one.input))}" + (f"  ({_NOW[one.now]})" if _NOW[one.now] else "")
        delivered = len({one.input.partition("#")[0] for one in of_table if one.input.startswith("raw/")})
        if delivered:
            yield f"  {counted(delivered, 'delivered file')}, see below"
    if files:
        yield ""
        yield "Delivered files, and what their sidecars say of them:"
        for key, one in sorted(files.items()):
            yield f"{one.sha256 or 'not readable':<64}  {visible(key)}" + (f"  ({_NOW[one.now]})" if _NOW[one.now] else "")


def _settings(name: str, found: str, digest: Callable[[Sequence[str]], str]) -> str:
    contract = TABLES.get(name) or PAGES[name]
    if not contract.settings:
        return "no settings"
    return f"settings {'as now' if digest(contract.settings) == found else 'others than now'} ({', '.join(contract.settings)})"


def _short(key: str) -> str:
    """A table-day by its table, with the columns that were read; whatever else by its whole key."""
    name, _, part = key.partition("/")
    columns = key.partition("#columns=")[2]
    if not part or name.startswith("_"):
        return key
    return f"{name} ({columns.replace(',', ', ')})" if columns else name
