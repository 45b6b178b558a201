"""A sensor left alone with a script that delivers badly: hundreds of random steps, and what must hold throughout.

The script knows nothing of the sensor. Files appear in parts, grow, are replaced, renamed, touched, set back and ahead in time,
spoiled and taken away, also while they are looked at. The clock is set back; the sender's lags, is ahead or stands still.
Pipes and links that lead to themselves lie around.
Sidecars and statistics come late. Runs are executed at once, later, in another order, or after the files changed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.sensor_cursor import MOST_BYTES_A_DAY, parsed_cursor
from gex_assets.lake.raw import deliveries
from gex_assets.lake.raw.layout import folder_of
from gex_assets_tests.defs.sensing.made_up_deliveries import KINDS, MAGIC, SETTLE, Deliveries
from gex_assets_tests.long_cases import mostly_long

DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in (0, 1, 2, 3, 6, 7)]
SATURDAY = date(2026, 1, 10)
JOBS = ("GLBX-20260121-AAA", "GLBX-20260122-BBB")
STEPS, FEWER_STEPS = 150, 40
WATCHED_BYTES = 38
"""Of a day that is watched, in the cursor: after a clock was set back all may be, also days with statistics of others only."""
SECOND = 1_000_000_000


class Script:
    """Random deliveries, the runs that the sensor requests, and a plain account of both."""

    def __init__(self, lake: Deliveries, seed: int) -> None:
        self.lake, self.random = lake, random.Random(seed)
        self.growing: dict[Path, bytes] = {}
        self.waiting: list[tuple[date, dg.RunRequest]] = []
        self.run_keys: list[str] = []
        self.asked_of: dict[date, str] = {}
        self.versions = 0
        self.done: Counter[str] = Counter()
        self.watched: dict[date, tuple[str, int]] = {}
        self.looked_ns = 0
        self.vanishes = False
        self.senders_clock: Callable[[], float] = float  # right

    # what the script does to the files

    def step(self) -> None:
        acts = (
            [self.replace] * 5 + [self.begin] * 3 + [self.grow] * 5 + [self.touch, self.spoil, self.restore, self.take_away]
        ) + [self.manifest, self.sidecar, self.half_a_sidecar, self.on_a_saturday, self.lose_the_cursor]
        acts += [self.rename, self.rename, self.set_the_clock_back, self.vanish_while_looked_at, self.lay_no_file]
        acts += [self.set_the_senders_clock]
        act = self.random.choice(acts)
        act()
        self.done[act.__name__] += 1

    def new_key(self) -> str:
        kind = self.random.choice(KINDS)
        return self.lake.key(kind, self.random.choice(DAYS), self.random.choice(JOBS))

    def files(self) -> list[Path]:
        return [path for path in sorted(self.lake.root.rglob("*.dbn.zst")) if not path.name.startswith(".") and path.is_file()]

    def content(self) -> bytes:
        self.versions += 1
        return f"version {self.versions}".encode()

    def replace(self) -> None:
        """At once, with any time: now, long ago, or the very time of the file before."""
        key = self.new_key()
        path = self.lake.root / key
        age_s = self.random.choice([0, 30, 120, 90_000, -90_000, None])
        if age_s is None:
            age_s = (self.lake.now_ns - path.stat().st_mtime_ns) / SECOND if path.exists() else 500
        self.growing.pop(path, None)
        self.lake.put(key, self.content(), age_s=age_s)

    def begin(self) -> None:
        key = self.new_key()
        content = MAGIC + self.content() * 3
        path = self.lake.put(key, b"", magic=content[: self.random.choice([0, 2, 6])], age_s=0)
        self.growing[path] = content

    def grow(self) -> None:
        if self.growing:
            path = self.random.choice(sorted(self.growing))
            content = self.growing[path]
            written = content[: path.stat().st_size + self.random.randint(1, 20)]
            path.write_bytes(written)
            self.lake.age(path, self.senders_clock())
            if written == content:
                del self.growing[path]
                if self.random.random() < 0.5:
                    self.lake.age(path, 90_000)  # as `cp -p` does at the end

    def touch(self) -> None:
        if self.files():
            self.lake.age(self.random.choice(self.files()), self.random.choice([0, 100, 90_000]))

    def spoil(self) -> None:
        self.lake.put(self.new_key(), b"BAD " + self.content(), age_s=self.random.choice([0, 100]))

    def restore(self) -> None:
        """The bytes and the time of an earlier state."""
        if self.files():
            path = self.random.choice(self.files())
            kept = path.with_name(f".{path.name}.kept")
            if kept.exists():
                path.unlink()
                shutil.copy2(kept, path)
            else:
                shutil.copy2(path, kept)

    def take_away(self) -> None:
        if self.files() and self.random.random() < 0.4:
            path = self.random.choice(self.files())
            self.growing.pop(path, None)
            path.unlink()

    def rename(self) -> None:
        """Into the other job, or to a name that says that it is not whole, and back."""
        if self.files():
            path = self.random.choice(self.files())
            part = path.with_name(f"{path.name}.part")
            other = path.parent.with_name(next(job for job in JOBS if job != path.parent.name)) / path.name
            target = self.random.choice([part, other])
            target.parent.mkdir(parents=True, exist_ok=True)
            content = self.growing.pop(path, None)
            self.growing.pop(target, None)
            path.replace(target)
            if target == other and content is not None:
                self.growing[other] = content
        for part in sorted(self.lake.root.rglob("*.part")):
            if self.random.random() < 0.5:
                self.growing.pop(part.with_suffix(""), None)
                self.lake.put(part.with_suffix("").relative_to(self.lake.root).as_posix(), self.content(), age_s=0)
                part.unlink()

    def set_the_clock_back(self) -> None:
        self.lake.now_ns -= self.random.choice([5, 90, 4_000]) * SECOND

    def set_the_senders_clock(self) -> None:
        """Of what grows: right, behind, ahead, or standing still."""
        now_ns, behind = self.lake.now_ns, self.random.choice([0, 90, 90_000, -90, -90_000])
        clocks = [lambda: behind, lambda: behind + (self.lake.now_ns - now_ns) / SECOND]
        self.senders_clock = self.random.choice(clocks)

    def vanish_while_looked_at(self) -> None:
        self.vanishes = True

    def lay_no_file(self) -> None:
        """In a job of its own: what is written to a pipe waits for a reader."""
        path = self.lake.root / self.lake.key(self.random.choice(KINDS), self.random.choice(DAYS), "GLBX-20260123-CCC")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(path):
            self.random.choice([path.mkdir, partial(os.mkfifo, path), partial(path.symlink_to, path)])()

    def manifest(self) -> None:
        if self.files():
            folder = folder_of(self.random.choice(self.files()).relative_to(self.lake.root).as_posix())
            self.lake.manifest(folder, age_s=self.random.choice([0, 100]))

    def sidecar(self) -> None:
        folder = folder_of(self.new_key())
        condition = [{"date": day.isoformat(), "condition": self.random.choice(["available", "degraded"])} for day in DAYS]
        content = self.random.choice(
            [("condition.json", condition), ("delivery.json", {"version": 1, "kind": "job", "requested_at": self.versions})]
        )
        self.lake.put(f"{folder}/{content[0]}", json.dumps(content[1]).encode(), age_s=self.random.choice([0, 100]))

    def half_a_sidecar(self) -> None:
        self.lake.put(f"{folder_of(self.new_key())}/manifest.json", b'{"job_id": "GLBX', age_s=0)

    def on_a_saturday(self) -> None:
        self.lake.put(self.lake.key("option_mbo", SATURDAY), self.content())

    def lose_the_cursor(self) -> None:
        if self.random.random() < 0.2:
            self.lake.cursor = self.random.choice([None, "{", json.dumps({"raw/x": "1-2"})])
            self.asked_of.clear()

    # what the sensor does, and what must hold of it

    def tick(self) -> dict[date, dg.RunRequest]:
        self.lake.now_ns += self.random.choice([1, 30, 45, 70]) * SECOND
        passed_ns = min(max(self.lake.now_ns - self.looked_ns, 0), 30 * SECOND)
        self.looked_ns = self.lake.now_ns
        for day in DAYS:
            picture, (before, watched_ns) = self.picture(day), self.watched.get(day, ("", 0))
            self.watched[day] = (picture, watched_ns + passed_ns if picture == before else 0)
        vanished = self.vanishes and bool(self.files())
        asked = self.tick_while_a_file_vanishes() if vanished else self.lake.look()
        for day, request in asked.items():
            if vanished:  # what was listed is no more
                self.asked_of.pop(day, None)
            else:
                self.must_be_due(day)
            self.run_keys.append(str(request.run_key))
            self.waiting.append((day, request))
        assert len(self.run_keys) == len(set(self.run_keys)), "a key that was used before starts nothing"
        watched = len(parsed_cursor(self.lake.cursor, now_s=0)[0].watched)
        assert len(str(self.lake.cursor)) <= len({*DAYS, SATURDAY}) * (MOST_BYTES_A_DAY + 30) + watched * WATCHED_BYTES + 80
        return asked

    def tick_while_a_file_vanishes(self) -> dict[date, dg.RunRequest]:
        self.vanishes = False
        path = self.random.choice(self.files())
        self.growing.pop(path, None)
        settling = deliveries.settling

        def later(*given, **named):
            path.unlink(missing_ok=True)
            return settling(*given, **named)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(deliveries, "settling", later)
            asked = self.lake.look()
        path.unlink(missing_ok=True)
        return asked

    def must_be_due(self, day: date) -> None:
        assert day in DAYS
        own = [path for path in self.files() if f"{day:%Y%m%d}" in path.name]
        orders = [path for path in own if ".mbo." in path.name]
        statistics = [path for path in own if ".statistics." in path.name]
        assert orders or statistics or self.lake.is_published(day), "nothing starts a day without orders and statistics"
        for path in own:
            assert path.read_bytes()[:4] == MAGIC, "what begins as no file does is not read"
            watched = self.watched[day][1] >= SETTLE * SECOND
            assert watched or self.listed(path), "a file that may still be growing is not read"
        now = self.picture(day)
        assert self.asked_of.get(day) != now, "nothing is asked for twice in one state"
        self.asked_of[day] = now

    def listed(self, path: Path) -> bool:
        """Whether the manifest says that the file is whole, which may be a lie."""
        manifest = path.with_name("manifest.json")
        return manifest.exists() and f'"size": {path.stat().st_size}' in manifest.read_text()

    def picture(self, day: date) -> str:
        """Everything that the day's tables could depend on, in the plainest form."""
        read = [path for path in self.files() if f"{day:%Y%m%d}" in path.name]
        names = [f"{day - timedelta(days=back):%Y%m%d}.statistics" for back in (-1, 1, 2, 3, 4, 5)]
        read += [path for path in self.files() if any(name in path.name for name in names)]
        folders = sorted({path.parent for path in read})
        sidecars = [path for folder in folders for path in sorted(folder.glob("*.json"))]
        parts = [
            f"{path} {path.stat().st_mtime_ns} {path.stat().st_ctime_ns} {path.read_bytes()!r}" for path in (*read, *sidecars)
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def run_some(self) -> None:
        """Runs of one day come in their order; days in any."""
        while self.waiting and self.random.random() < 0.5:
            day = self.random.choice(self.waiting)[0]
            place = next(number for number, (one, _) in enumerate(self.waiting) if one == day)
            self.lake.run(*self.waiting.pop(place))

    def end(self) -> None:
        """The script ends: what grew is whole. The sensor gets all the time it wants, and then has nothing left to ask for."""
        for path, content in self.growing.items():
            path.write_bytes(content)
            self.lake.age(path, 0)
        self.growing.clear()
        for folder in {path.parent for path in self.files()}:
            folder.joinpath("manifest.json").unlink(missing_ok=True)
        self.vanishes = False
        for _ in range(6):
            for _ in range(SETTLE // 30 + 1):
                self.tick()
                self.lake.now_ns += SETTLE * SECOND
            while self.waiting:
                self.lake.run(*self.waiting.pop(0))
        verified = list(self.lake.verified)
        for cursor in (self.lake.cursor, None):
            self.lake.cursor = cursor
            asked = {day: sorted(key.path[-1] for key in one.asset_selection or ()) for day, one in self.lake.tick().items()}
            assert asked == {}, "nothing is asked for in vain"
        assert self.lake.verified == verified


@pytest.mark.parametrize("seed", mostly_long([3, 4, 5, 2, 6]))
def test_every_settled_state_is_run_once_and_none_in_vain(tmp_path, monkeypatch, seed):
    script = Script(Deliveries(tmp_path / "lake", monkeypatch), seed)
    steps = FEWER_STEPS if seed == 3 else STEPS
    for _ in range(steps):
        script.step()
        if script.random.random() < 0.6:
            script.tick()
        script.run_some()
    script.end()
    assert len(script.run_keys) > steps // 10
    assert steps < STEPS or all(
        script.done[act] for act in ("replace", "grow", "spoil", "restore", "take_away", "rename", "sidecar", "manifest")
    )
    for day in DAYS:
        outcome = script.lake.outcome(day)
        assert outcome in ("up to date", "refused", "taken away", "without orders"), f"{day}: {outcome}"
