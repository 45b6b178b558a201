"""How the sample is stored: one folder per batch job and kind of file, with the sidecars of a batch download.

Nothing depends on the clock or the machine: equal arguments give equal bytes. Faults of delivery are planted by `sample.market`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets.lake.dbn.writer import WrittenFile, write_dbn
from gex_assets.lake.raw.layout import DATASET, RAW_KINDS, RawKind, raw_file_name, raw_folder
from gex_assets.market.products import Product
from gex_assets.sample.instruments import day_end_ns, day_start_ns
from gex_assets.sample.seeds import generator

__all__ = ["Delivered", "Job", "make_job"]

LETTERS: Final = "ABCDEFGHIJKLMNPQRSTUVWXYZ3456789"
CUSTOMIZATIONS: Final = {
    "pretty_px": False,
    "pretty_ts": False,
    "map_symbols": False,
    "split_symbols": False,
    "split_duration": "day",
    "split_size": None,
    "packaging": None,
    "delivery": "download",
}
HOST: Final = "https://example.invalid/batch/download"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One market file of a job."""

    kind: RawKind
    day: date
    file: WrittenFile


@dataclass(slots=True, kw_only=True)
class Job:
    """One batch job being delivered: its folder, its request, and the files written so far.

    Attributes
    ----------
    symbols : the requested symbols, a parent such as `ES.OPT`.
    start_ns, end_ns : [start, end) of the request. [UNIX ns UTC]
    ids : raw symbol to instrument id, by date.
    threads : threads that compress.
    conditions : the vendor's condition of dates that are not `available`.
    """

    kind: RawKind
    job_id: str
    folder: Path
    symbols: tuple[str, ...]
    version: int
    start_ns: int
    end_ns: int
    threads: int = 0
    files: list[Delivered] = field(default_factory=list)
    ids: dict[date, dict[str, int]] = field(default_factory=dict)
    conditions: dict[date, str] = field(default_factory=dict)

    def write(
        self, *, day: date, blocks: Iterable[NDArray[np.void]], ids: dict[str, int], start_ns: int, end_ns: int
    ) -> WrittenFile:
        """Write one day's file; its header states that day only.

        Parameters
        ----------
        ids : raw symbol to instrument id on that day.
        start_ns, end_ns : the part of the request within the day. [UNIX ns]
        """
        written = self._written(
            day=day, schema=RAW_KINDS[self.kind].schema, blocks=blocks, ids=ids, start_ns=start_ns, end_ns=end_ns
        )
        self.files.append(Delivered(self.kind, day, written))
        self.ids[day] = ids
        return written

    def put_other(self, *, day: date, schema: str, blocks: Iterable[NDArray[np.void]]) -> None:
        """Replace a day's file by records of another schema under the same name: a fault of delivery."""
        written = self._written(
            day=day, schema=schema, blocks=blocks, ids=self.ids[day], start_ns=day_start_ns(day), end_ns=day_end_ns(day)
        )
        self.files = [Delivered(one.kind, one.day, written) if one.day == day else one for one in self.files]

    def _written(
        self, *, day: date, schema: str, blocks: Iterable[NDArray[np.void]], ids: dict[str, int], start_ns: int, end_ns: int
    ) -> WrittenFile:
        following = day + timedelta(days=1)
        return write_dbn(
            self.folder / raw_file_name(kind=self.kind, day=day),
            version=self.version,
            schema=schema,
            symbols=self.symbols,
            stype_in="parent",
            start_ns=start_ns,
            end_ns=end_ns,
            mappings=[SymbolMapping(name, (MappingInterval(day, following, str(ids[name])),)) for name in sorted(ids)],
            blocks=blocks,
            threads=self.threads,
        )

    def finish(self, *, spoil: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Write the sidecars.

        Parameters
        ----------
        spoil : changes the manifest before it is written, for faults of delivery.
        """
        _write(self.folder / "metadata.json", self._metadata())
        _write(self.folder / "condition.json", self._condition())
        _write(self.folder / "symbology.json", self._symbology())
        manifest = self._manifest()
        if spoil is not None:
            spoil(manifest)
        _write(self.folder / "manifest.json", manifest)

    def _metadata(self) -> dict[str, Any]:
        query = {
            "dataset": DATASET,
            "schema": RAW_KINDS[self.kind].schema,
            "symbols": list(self.symbols),
            "stype_in": "parent",
            "stype_out": "instrument_id",
            "start": self.start_ns,
            "end": self.end_ns,
            "limit": None,
            "encoding": "dbn",
            "compression": "zstd",
        }
        return {"version": 1, "job_id": self.job_id, "query": query, "customizations": CUSTOMIZATIONS}

    def _condition(self) -> list[dict[str, str]]:
        modified = max(self.ids) + timedelta(days=8)
        return [
            {"date": f"{day}", "condition": self.conditions.get(day, "available"), "last_modified_date": f"{modified}"}
            for day in sorted(self.ids)
        ]

    def _symbology(self) -> dict[str, Any]:
        days = sorted(self.ids)
        first, last = days[0], days[-1] + timedelta(days=1)
        result: dict[str, list[dict[str, str]]] = {}
        for day, following in zip(days, [*days[1:], last], strict=True):
            for symbol, number in sorted(self.ids[day].items()):
                intervals = result.setdefault(symbol, [])
                if intervals and intervals[-1] == {**intervals[-1], "d1": f"{day}", "s": str(number)}:
                    intervals[-1]["d1"] = f"{following}"
                else:
                    intervals.append({"d0": f"{day}", "d1": f"{following}", "s": str(number)})
        whole = [{"d0": f"{first}", "d1": f"{last}"}]
        partial = [name for name, found in result.items() if [{k: i[k] for k in ("d0", "d1")} for i in found] != whole]
        return {
            "result": result,
            "symbols": list(self.symbols),
            "stype_in": "parent",
            "stype_out": "instrument_id",
            "start_date": f"{first}",
            "end_date": f"{last}",
            "partial": partial,
            "not_found": [],
            "message": "Partially resolved" if partial else "OK",
            "status": 1 if partial else 0,
        }

    def _manifest(self) -> dict[str, Any]:
        sidecars = [self.folder / name for name in ("condition.json", "metadata.json", "symbology.json")]
        sums = [(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in sidecars]
        sums += [(one.file.path.name, one.file.size_bytes, one.file.sha256) for one in self.files]
        return {
            "job_id": self.job_id,
            "files": [
                {
                    "filename": name,
                    "size": size,
                    "hash": f"sha256:{digest}",
                    "urls": {"https": f"{HOST}/SAMPLE/{self.job_id}/{name}"},
                }
                for name, size, digest in sums
            ],
        }


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(content, indent=4).encode())


def make_job(
    *,
    lake_root: Path,
    product: Product,
    roots: tuple[str, ...],
    kind: RawKind,
    ordered: date,
    version: int,
    start_ns: int,
    end_ns: int,
    seed: int,
    threads: int = 0,
) -> Job:
    """Open a job of one kind; its number and folder follow from the request and the seed.

    Parameters
    ----------
    roots : of the options that are asked for.
    ordered : the day on which the download is said to have been ordered.
    threads : threads that compress while the simulation runs; 0 compresses in the caller's.
    """
    dice = generator(seed, product.name, kind, start_ns, end_ns, version)
    number = "".join(LETTERS[k] for k in dice.integers(0, len(LETTERS), 10))
    job_id = f"GLBX-{ordered:%Y%m%d}-{number}"
    return Job(
        kind=kind,
        job_id=job_id,
        folder=lake_root / raw_folder(kind=kind, product=product.name, job_id=job_id),
        symbols=(f"{product.name}.FUT",) if kind == "future_mbo" else tuple(f"{root}.OPT" for root in roots),
        version=version,
        start_ns=start_ns,
        end_ns=end_ns,
        threads=threads,
    )
