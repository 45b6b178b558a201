"""Files that were refused before they came into the lake, as lines of text."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from gex_assets.escaping import visible

if TYPE_CHECKING:  # `gex status` shall not load compiled code
    from gex_assets.lake.notes.refused_deliveries import RefusedDelivery

__all__ = ["refusal_documents", "refusal_lines"]

_MOST: Final = 10


def refusal_lines(refused: Sequence[RefusedDelivery], *, width: int) -> Iterator[str]:
    """The latest refusals and what to do, in lines of at most `width` characters; none where nothing was refused."""
    if not refused:
        return
    yield f"refused by `gex ingest`, and not in the lake: {len(refused)} file(s)"
    for one in reversed(refused[-_MOST:]):
        path = shlex.quote(str(one.path))
        text = f"{one.path}: {one.why.removeprefix(f'{one.path}: ')}; correct it and run `gex ingest {path}`, or remove it"
        lines = textwrap.wrap(
            visible(text), max(width, 80), initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
        yield from lines
    if len(refused) > _MOST:
        yield f"  and {len(refused) - _MOST} earlier one(s)"


def refusal_documents(refused: Sequence[RefusedDelivery]) -> Iterator[str]:
    """One JSON object a refused file."""
    for one in refused:
        yield json.dumps({"refused": str(one.path), "refused_at": one.refused_at, "why": one.why})
