"""Files that were refused before they came into the lake, as lines of text."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from gex_assets.wording import counted

if TYPE_CHECKING:  # `gex status` shall not load compiled code
    from gex_assets.lake.notes.refused_deliveries import RefusedDelivery

__all__ = ["refusal_documents", "refusal_lines"]

_MOST: Final = 10


def refusal_lines(refused: Sequence[RefusedDelivery]) -> Iterator[str]:
    """The latest refusals and what to do, a line each; none where nothing was refused."""
    if not refused:
        return
    yield f"refused by `gex ingest`, and not in the lake: {counted(len(refused), 'file')}"
    for one in reversed(refused[-_MOST:]):
        path = shlex.quote(str(one.path))
        yield f"  {one.path}: {one.why.removeprefix(f'{one.path}: ')}; correct it and run `gex ingest {path}`, or remove it"
    if len(refused) > _MOST:
        yield f"  and {counted(len(refused) - _MOST, 'earlier one')}"


def refusal_documents(refused: Sequence[RefusedDelivery]) -> Iterator[str]:
    """One JSON object a refused file."""
    for one in refused:
        yield json.dumps({"refused": str(one.path), "refused_at": one.refused_at, "why": one.why})
