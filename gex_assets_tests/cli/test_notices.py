"""`gex notices` as it is typed: what a day would say, a test, sending once, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gex_assets_tests.cli.typed import gex
from gex_assets_tests.notices.servers import Answer, hook


def test_a_dry_run_says_what_a_day_would_say_and_sends_nothing(published: Path, tmp_path: Path) -> None:
    with hook(Answer(200)) as there:
        words = ("notices", "--dry-run", "--lake", str(published))
        done = gex(*words, cwd=tmp_path, GEX_NOTICES_WEBHOOK=there.address)
        dated = gex("notices", "--date", "2026-01-06", "--json", "--lake", str(published), cwd=tmp_path)
    assert done.returncode == dated.returncode == 0, done.stderr + dated.stderr
    assert done.stdout.splitlines()[-1].startswith("ES 2026-01-06, field, selected: ")
    assert done.stdout.endswith("; nothing was sent\n")
    assert there.bodies == []
    assert all(json.loads(line)["disclaimer"].endswith("Not financial advice.") for line in dated.stdout.splitlines())


def test_without_a_channel_notices_are_off(published: Path, tmp_path: Path) -> None:
    done = gex("notices", "--lake", str(published), cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0][:16]) == (0, "notices are off:")
    for words in (["--test"], ["--send"]):
        done = gex("notices", *words, "--lake", str(published), cwd=tmp_path)
        assert (done.returncode, "Expected a channel, was none" in done.stderr) == (1, True)


def test_a_test_goes_to_each_channel_and_says_which_did_not_take_it(published: Path, tmp_path: Path) -> None:
    with hook(Answer(204)) as fine, hook(Answer(404)) as broken:
        done = gex(
            *("notices", "--test", "--lake", str(published)),
            cwd=tmp_path,
            GEX_NOTICES_DISCORD=fine.address,
            GEX_NOTICES_SLACK=broken.address,
        )
    assert done.returncode == 1
    assert "discord: http://127.0.0.1/… took a test" in done.stdout
    assert "slack: http://127.0.0.1/…: Expected status 200 to 299, was refused with 404" in " ".join(done.stderr.split())
    assert "SECRET" not in done.stdout + done.stderr
    assert len(fine.bodies) == len(broken.bodies) == 1


def test_a_replay_says_when_a_channel_would_have_got_what(published: Path, tmp_path: Path) -> None:
    choices = {"GEX_NOTICES": '{"conventions": ["field", "flow", "magic8"], "beyond_sigmas": 0.0, "hold_seconds": 5}'}
    done = gex("notices", "--replay", "2026-01-06", "--lake", str(published), cwd=tmp_path, **choices)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Tue 2026-01-06 08:")
    assert lines[0].endswith(" Chicago")
    assert lines[-1].startswith("ES 2026-01-06, had its windows been told as they ended: ")
    assert lines[-1].endswith("; nothing was sent")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--replay", "2026-01-06", "--send"], "Expected --replay alone, or with --dry-run, was with another"),
        (["--dry-run", "--send"], "Expected one of --dry-run, --send and --test, was more than one"),
        (["--date", "2026-01-07"], "2026-01-07"),
        (["--test"], "GEX_NOTICES_SLACK: Expected an https address (http to this machine alone), was scheme 'ftp'"),
    ],
)
def test_an_error_is_one_clear_line(published: Path, tmp_path: Path, words: list[str], says: str) -> None:
    done = gex("notices", *words, "--lake", str(published), cwd=tmp_path, GEX_NOTICES_SLACK="ftp://a.b/SECRET")
    assert done.returncode == 1
    assert says in " ".join(done.stderr.split())
    assert "SECRET" not in done.stderr


def test_a_brief_is_sent_once(published: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    with hook(Answer(200)) as there:
        for _ in range(2):
            done = gex("notices", "--brief", "--send", "--lake", str(lake), cwd=tmp_path, GEX_NOTICES_WEBHOOK=there.address)
            assert done.returncode == 0, done.stderr
    assert [body["kind"] for body in there.bodies] == ["brief"]
    assert done.stdout == "0 new notices\n"
