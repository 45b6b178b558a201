"""A lake on which everything goes wrong at random: what is visible stays whole, and in the end it is as if nothing had happened.

Runs of a range are killed, meet each other, run out of room, may not write, and find files that are corrupt, of another day or
gone. Meanwhile another process's DuckDB reads what is published, over and over.
`python -m gex_assets_tests.defs.faults.test_random_faults SEED MINUTES [KIND]` goes on for longer, on a kind of lake of `TINY`.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pytest

from gex_assets.lake.queries import query
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets_tests.defs.faults.tiny_lake import TINY, TinyLake, as_no_superuser, command_of, objects, ran, started

ROUNDS: Final = 6
LARGEST_BYTES: Final = (3_000, 20_000, 60_000)
"""Files that may not grow beyond so much, as on a disk that is full; the larger tables do."""


class Reader(threading.Thread):
    """Reads every published table again and again, as someone with DuckDB does who knows nothing of runs.

    Attributes
    ----------
    seen : digests of a table-day's rows, as they were read.
    failures : what was not readable although it was there.
    """

    def __init__(self, lake: Path) -> None:
        super().__init__(daemon=True)
        self.lake, self.seen, self.failures, self.reads = lake, {}, [], 0
        self.seen: dict[str, set[int]]
        self._stop_now = threading.Event()

    def run(self) -> None:
        while not self._stop_now.wait(0.2):
            for key in objects_now(self.lake):
                try:
                    self.seen.setdefault(key, set()).add(digest_of(self.lake / key))
                    self.reads += 1
                except duckdb.Error as error:
                    self.failures.append(f"{key}: {error}")

    def end(self) -> None:
        self._stop_now.set()
        self.join()


def objects_now(lake: Path) -> list[str]:
    """Keys of tables that are published at this moment."""
    return [path.relative_to(lake).as_posix() for path in sorted(lake.rglob("data.parquet")) if "_rejected" not in path.parts]


def digest_of(path: Path) -> int:
    """Of a table's rows, read by DuckDB."""
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute("SELECT hash(count(*), bit_xor(hash(t))) FROM read_parquet(?) t", [str(path)]).fetchone()
    assert found is not None
    return int(found[0])


def day_of_file(path: Path) -> date:
    """Of a delivered file, as its name says."""
    found = re.search(r"-(\d{8})\.", path.name)
    assert found is not None, path
    return date.fromisoformat(found[1])


class Faults:
    """One lake, what happens to it, and what it must look like.

    Attributes
    ----------
    otherwise : days whose tables may have been made of other files than those of the undisturbed lake.
    has_differed : whether there were such days at any time.
    """

    def __init__(self, kind: TinyLake, delivered: Path, clean: Path, folder: Path, seed: int) -> None:
        self.kind = kind
        self.lake, self.home, self.random = folder / "lake", folder / "home", random.Random(seed)
        shutil.copytree(delivered, self.lake)
        self.delivered, self.clean = delivered, objects(clean)
        self.rows = {key: digest_of(clean / key) for key in objects_now(clean)}
        self.done: Counter[str] = Counter()
        self.otherwise: set[date] = set()
        self.has_differed = False

    def range(self) -> list[str]:
        return self.kind.range_of(self.lake)

    def round(self) -> None:
        acts = [self.killed, self.killed, self.met_by_another, self.without_room, self.without_rights, self.badly_delivered]
        act = self.random.choice([*acts, self.taken_away])
        sys.stdout.write(f"{act.__name__}\n")
        sys.stdout.flush()
        act()
        self.has_differed |= bool(self.otherwise)
        self.done[act.__name__] += 1
        self.must_be_whole()

    def killed(self) -> None:
        """A moment after so many tables of both days are there; some may be already."""
        tables, pause = self.random.randrange(len(self.clean)), self.random.uniform(0.0, 2.0)
        with started(self.range(), self.home) as process:
            while process.poll() is None and len(objects_now(self.lake)) < tables:
                time.sleep(0.02)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def met_by_another(self) -> None:
        with started(self.range(), self.home) as one, started(command_of(self.lake, self.kind.days[-1]), self.home) as other:
            said = [process.communicate()[0] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
        self.otherwise = set()

    def without_room(self) -> None:
        most = self.random.choice(LARGEST_BYTES)
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
        # Its instance is on another disk: what Dagster makes of a full one is Dagster's.
        code, said = ran([*self.range()], self.home, before=limit)
        assert "Traceback" not in said or code, said

    def without_rights(self) -> None:
        """A few of the lake's folders may not be written."""
        folders = [path for path in self.lake.rglob("*") if path.is_dir()]
        barred = self.random.sample(folders, k=min(5, len(folders)))
        for path in barred:
            path.chmod(0o555)
        try:
            ran(self.range(), self.home, before=as_no_superuser)
        finally:
            for path in barred:
                path.chmod(0o755)

    def a_delivered_file(self) -> Path:
        return self.random.choice(sorted((self.lake / "raw").rglob("*.dbn.zst")))

    @contextmanager
    def replaced(self, path: Path, content: bytes | None) -> Iterator[None]:
        kept = path.with_name(f".{path.name}.kept")
        shutil.copy2(path, kept)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        try:
            yield
        finally:
            kept.replace(path)

    def badly_delivered(self) -> None:
        """A file is cut, spoiled or another's: it is refused, and nothing of its day is published from it.

        Other days read statistics too. They are made without a file that is refused: its own day tells of it.
        """
        path = self.a_delivered_file()
        of_day = day_of_file(path)
        others = [other for other in path.parent.glob("*.dbn.zst") if other != path]
        whole = path.read_bytes()
        contents = [whole[: len(whole) // 2], whole[:40] + bytes(40) + whole[80:], *(one.read_bytes() for one in others)]
        with self.replaced(path, self.random.choice(contents)):
            code, said = ran(self.range(), self.home)
            expected = (1, True) if of_day in self.kind.days else (0, False)
            assert (code, "Expected" in said) == expected, said
        if "statistics" in path.name:
            self.otherwise |= {day for day in self.kind.days if day != of_day}

    def taken_away(self) -> None:
        """What is made without the file differs, until it is there again."""
        with self.replaced(self.a_delivered_file(), None):
            self.otherwise = set(self.kind.days)
            ran(self.range(), self.home)

    # what must hold

    def must_be_whole(self) -> None:
        """Every published table opens, has its lineage and the hash that was noted with it; views answer."""
        seen = objects(self.lake)
        opened = Lake(self.lake)
        for key in objects_now(self.lake):
            stored = StoredTable(opened.fs, key)
            assert stored.read().num_rows == stored.num_rows
            assert stored.lineage.inputs is not None
            assert stored.sha256() == seen[key]
        visible = {key: sha256 for key, sha256 in seen.items() if "_rejected" not in key}
        differing = [key for key, sha256 in visible.items() if self.clean.get(key) != sha256]
        assert [key for key in differing if not any(f"date={day}/" in key for day in self.otherwise)] == []
        for name in ("silver_gex", "raw_option_mbo"):
            assert query(opened, f"SELECT count(*) AS rows FROM {name}").num_rows == 1

    def end(self) -> None:
        """A run that nobody disturbs gives the bytes of a lake that nobody disturbed."""
        code, said = ran(self.range(), self.home)
        assert code == 0, said
        assert objects(self.lake) == self.clean
        assert [path.name for path in self.lake.rglob(".*.staged")] == []


class Lakes(NamedTuple):
    """What was delivered, and a lake that was made of it without a fault."""

    kind: TinyLake
    delivered: Path
    clean: Path


def prepared(kind: TinyLake, folder: Path) -> Lakes:
    delivered, clean = kind.make(folder / "delivered"), folder / "clean"
    shutil.copytree(delivered, clean)
    code, said = ran(kind.range_of(clean), folder / "home of clean")
    assert code == 0, said
    return Lakes(kind, delivered, clean)


def go_on(lakes: Lakes, folder: Path, seed: int, goes_on: Callable[[int], bool]) -> Faults:
    """Rounds of faults, with a reader all the while."""
    faults = Faults(*lakes, folder, seed)
    reader = Reader(faults.lake)
    reader.start()
    try:
        number = 0
        while goes_on(number):
            faults.round()
            number += 1
        faults.end()
    finally:
        reader.end()
    assert reader.failures == []
    assert reader.reads
    if not faults.has_differed:
        assert all(digests <= {faults.rows[key]} for key, digests in reader.seen.items())
    assert all(faults.rows[key] in digests or not digests for key, digests in reader.seen.items())
    return faults


@pytest.fixture(scope="module", params=TINY)
def lakes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    return prepared(TINY[request.param], tmp_path_factory.mktemp("lakes"))


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_whatever_goes_wrong_what_is_visible_is_whole_and_the_end_is_the_same(lakes: Lakes, tmp_path: Path, seed: int) -> None:
    faults = go_on(lakes, tmp_path, seed, lambda number: number < ROUNDS)
    assert sum(faults.done.values()) == ROUNDS


def main(seed: int, minutes: float, kind: str = "two days") -> None:
    """Go on for some minutes."""
    with tempfile.TemporaryDirectory() as temporary:
        lakes = prepared(TINY[kind], Path(temporary))
        last = time.monotonic() + 60 * minutes
        faults = go_on(lakes, Path(temporary) / "faulty", seed, lambda _: time.monotonic() < last)
    sys.stdout.write(f"{dict(faults.done)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
