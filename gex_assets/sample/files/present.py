"""What a lake holds already of the days that a sample will deliver: nothing is replaced unless it was asked for.

A day that is replaced is taken out of its old job first where the new job is another one. Else both would be read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, FoundFile, find_files, folder_of
from gex_assets.sample.truth import truth_days

__all__ = ["Present", "present_files"]

_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Present:
    """Files of a product that are in the lake.

    Attributes
    ----------
    of_days : those of the days that will be delivered.
    statistics_before : statistics of the days before them, of which a sample delivers those that it needs.
    """

    filesystem: LocalFileSystem
    product: str
    of_days: tuple[FoundFile, ...]
    statistics_before: tuple[FoundFile, ...]

    def refuse(self, *, overwrite: bool) -> None:
        """Refuse to replace files.

        Raises
        ------
        LakeError
            Files of the days are there and may not be replaced, or no sample made them.
        """
        made = truth_days(self.filesystem, product=self.product)
        foreign = [one for one in self.of_days if one.day not in made and one.kind != "option_statistics"]
        if foreign:
            raise LakeError(
                f"Expected a lake without other files of {self.product} {foreign[0].day}, was one with {foreign[0].key},"
                " which no sample made: name another lake with --lake DIR"
            )
        if self.of_days and not overwrite:
            days = ", ".join(sorted({f"{one.day}" for one in self.of_days}))
            raise LakeError(
                f"Expected no files of {self.product} {days} in the lake, was {len(self.of_days)} (the first is"
                f" {self.of_days[0].key}): replace them with --overwrite, or name another lake with --lake DIR"
            )

    def remove_others(self, written: Collection[Path]) -> None:
        """Take the files of the days out of the lake, and out of their manifests, that were not written over."""
        kept = {path.absolute() for path in written}
        for one in self.of_days:
            if self.filesystem.path(one.key) in kept:
                continue
            self.filesystem.delete(one.key)
            self._forget(self.filesystem.path(folder_of(one.key)), one.file_name)

    def _forget(self, folder: Path, name: str) -> None:
        """Take a file out of its job's manifest. A job without market files is removed."""
        if not any(folder.glob("*.dbn.zst")):
            for sidecar in folder.glob("*.json") if folder.is_dir() else ():
                self.filesystem.delete(f"{folder.relative_to(self.filesystem.path('raw').parent).as_posix()}/{sidecar.name}")
            return
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        manifest["files"] = [entry for entry in manifest["files"] if entry["filename"] != name]
        (folder / _MANIFEST).write_bytes(json.dumps(manifest, indent=4).encode())


def present_files(lake_root: Path, *, product: str, days: Sequence[date], before: Sequence[date]) -> Present:
    """Look for files of the days, and for statistics of the days before them."""
    filesystem = LocalFileSystem(lake_root)
    found = [one for kind in RAW_KINDS for one in find_files(filesystem, kind=kind, product=product)]
    return Present(
        filesystem,
        product,
        tuple(one for one in found if one.day in days),
        tuple(one for one in found if one.day in before and one.kind == "option_statistics"),
    )
