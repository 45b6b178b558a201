"""The raw assets: each kind of delivered file is verified from its first byte to its last, and registered."""

from collections.abc import Mapping
from typing import Final

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_asset import AssetFactory, table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.errors import BadFileError
from gex_assets.escaping import as_text, visible
from gex_assets.lake.filesystem import ObjectInfo
from gex_assets.lake.raw.layout import RawKind, find_files
from gex_assets.process.progress import task

__all__ = ["raw_assets", "verified_day"]

_KINDS: Final[tuple[RawKind, ...]] = ("option_mbo", "future_mbo", "option_definition", "option_statistics")


def raw_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The raw assets of one product."""
    return [_raw(kind)(assets) for kind in _KINDS]


def _raw(kind: RawKind) -> AssetFactory:
    @table_asset(f"raw_{kind}")
    def raw(day: TableDay) -> Results:
        yield from verified_day(day, kind)

    return raw


def verified_day(day: TableDay, kind: RawKind) -> Results:
    """Verify a day's files of a kind and publish their table. Files that were verified before are not read again.

    Raises
    ------
    dagster.Failure
        A file is refused. The refusal is kept in the lake; what was published stays.
    """
    from gex_assets.lake.dbn.source import ReadLimits
    from gex_assets.lake.freshness import delivered_sha256, sidecars_digest
    from gex_assets.lake.lineage import sidecars_key
    from gex_assets.lake.raw.verify import verify_day

    if day.is_current:
        yield from day.reuse()
        return
    chosen = day.settings
    before = {found.key: found.info for found in find_files(day.lake.fs, kind=kind, product=day.product, day=day.day)}
    try:
        with task(day.name, unit="bytes", total=sum(info.size_bytes for info in before.values())):
            verified = verify_day(
                day.lake.fs,
                kind=kind,
                product=day.product,
                day=day.day,
                block_records=chosen.block_records,
                limits=ReadLimits(chosen.max_expansion_ratio, chosen.max_file_bytes),
                now_ns=day.running_ns,
            )
    except BadFileError as error:
        raise _refused(day, kind, error, before) from None
    for key, info in before.items():
        if verified.inputs.get(key) and day.lake.fs.info(key) == info:  # else it was replaced meanwhile
            day.lake.fs.note_sha256(key, info.tag, verified.inputs[key], stored=True)
        elif key not in verified.inputs:  # what was left out is an input too: with other bytes it would not be left out
            day.inputs |= {key: delivered_sha256(day.lake, key) or "", sidecars_key(key): sidecars_digest(day.lake, key)}
    for warning in verified.warnings:
        day.log.warning(visible(warning))
    day.inputs |= verified.inputs
    if day.running_ns is not None:
        ends = [part["ts_end"] for times in verified.table["claim_times"].to_pylist() for part in times]
        day.partial |= {day.name: max(ends)} if ends else {}
    day.facts |= {"records": sum(verified.table["records"].to_pylist()), "warnings": list(verified.warnings)}
    yield from day.publish([verified.table])


def _refused(day: TableDay, kind: RawKind, error: BadFileError, files: Mapping[str, ObjectInfo]) -> dg.Failure:
    """Keep the refusal in the lake, and say it in the first line that the UI shows of the failed step."""
    from gex_assets.lake.raw.refusals import refuse_files, what_to_do

    is_running = day.running_ns is not None
    kept = refuse_files(
        day.lake,
        kind=kind,
        product=day.product,
        day=day.day,
        error=error,
        files=files,
        waiting=day.waiting,
        is_running=is_running,
    )
    day.say_rejection()
    return dg.Failure(
        description=visible(str(error)),
        metadata={
            "file": as_text(kept.file),
            "expected": as_text(kept.expected),
            "was": as_text(kept.was),
            "what to do": what_to_do(day.day, is_running=is_running),
        },
        allow_retries=False,
    )
