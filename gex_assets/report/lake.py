"""The lake as lines of text: files ingested and samples made."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from gex_assets.escaping import visible
from gex_assets.process.progress import speed_text

if TYPE_CHECKING:  # `gex status` shall not load compiled code
    from gex_assets.lake.raw.ingest import Ingested
    from gex_assets.sample.market import SampleReport

__all__ = ["ingest_lines", "sample_lines", "size_text"]

_INDENT: Final = " " * 11


def size_text(size_bytes: float) -> str:
    """A size in a unit that suits it.

    >>> size_text(999), size_text(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000 or unit == "GB":
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    raise AssertionError


def ingest_lines(results: Sequence[Ingested], *, width: int) -> Iterator[str]:
    """The result for each file, in lines of at most `width` characters; the dates of a file that was split below it."""
    for _, group in groupby(results, key=lambda result: (result.source, result.dates > 1)):
        of_source = list(group)
        first = of_source[0]
        name = visible(first.source.name)
        if first.status == "refused":
            yield f"refused    {name}"
            yield from _indented(visible(first.why.removeprefix(f"{first.source}: ")), width)
            continue
        if first.dates > 1:
            whole = sum(one.size_bytes for one in of_source)
            yield f"split      {name} into {first.dates} dates ({_size_and_rate(whole, first.seconds)})"
            yield from _indented(f"{first.product} {first.kind}, in {first.job_id}", width)
            for one in of_source:
                yield f"{_INDENT}{one.day} {one.status} ({size_text(one.size_bytes)})"
        else:
            yield f"{first.status:<10} {name} ({_size_and_rate(first.size_bytes, first.seconds)})"
            yield from _indented(f"{first.product} {first.kind} of {first.day}, in {first.job_id}", width)
        said = Counter(warning.removeprefix(f"{one.key}: ") for one in of_source for warning in one.warnings)
        for warning, dates in said.items():
            where = f" ({dates} dates)" if dates > 1 else ""
            yield from _indented(f"warning{where}: {visible(warning)}", width)


def _size_and_rate(size_bytes: int, seconds: float) -> str:
    size = size_text(size_bytes)
    return f"{size} in {seconds:.1f} s, {speed_text(size_bytes, seconds, 'bytes')}" if seconds > 0 else size


def _indented(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 80),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def sample_lines(report: SampleReport) -> Iterator[str]:
    """A sample: each file's size and records, and the planted faults."""
    for file in report.files:
        yield f"{size_text(file.file.size_bytes):>9} {file.file.records:>11,} records  {file.kind} {file.day}"
    planted = ", ".join(f"{count} {name}" for name, count in sorted(report.defects.items()) if count)
    yield f"planted faults: {planted or 'none'}"
