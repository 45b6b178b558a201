"""The text of docs/counts.md: every check and every count, made from `check_guide` and `count_registry` alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import BLOCKING
from gex_assets.schemas.count_registry import COUNTS
from gex_assets.schemas.counts import Count
from gex_assets.schemas.pages import PAGE_CHECKS

__all__ = ["counts_page"]

_HEAD: Final = """\
# Checks and counts

Generated from `gex_assets/schemas/` by `python -m gex_assets.schemas.counts_page`; a test compares the two. Do not edit.

A run shows for each table what was checked, and what was counted on the way.
The counts are stored in the table's footer, so they can be judged again later.
A blocking check keeps the day of its table, or its page, from being published. All other checks report and reject nothing.

## Checks
"""

_COUNTS: Final = """\
## Counts

The last column names the check that reads a count, or says why none does. A part in braces varies.
"""


def counts_page() -> str:
    """The text of docs/counts.md."""
    blocking = {*BLOCKING, *PAGE_CHECKS}
    checks = (
        (f"`{name}`", "yes" if name in blocking else "", said.about, said.todo) for name, said in sorted(CHECK_GUIDE.items())
    )
    counts = ((f"`{one.name}`", one.about, one.worry, _reader(one)) for one in sorted(COUNTS, key=lambda one: one.name))
    return "\n".join(
        [
            _HEAD,
            *_lines(("check", "blocking", "what must be true", "when it fails"), checks),
            "",
            _COUNTS,
            *_lines(("count", "what is counted", "when to worry, and what to do", "read by"), counts),
            "",
        ]
    )


def _reader(count: Count) -> str:
    return ", ".join(f"`{check}`" for check in count.read_by) or f"shown only: {count.only_shown}"


def _lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


if __name__ == "__main__":
    sys.stdout.buffer.write(counts_page().encode())
