"""`gex serve` and `gex replay` as they are typed: they say where, answer, and end when asked to."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from gex_assets.cli.served import replay
from gex_assets_tests.cli.typed import gex
from gex_assets_tests.serve.servers import running


@contextmanager
def started(*words: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command and the line that it says first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GEX_", "DAGSTER_HOME"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "gex_assets.cli", *words],
        cwd=cwd,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, line
    finally:
        process.kill()
        process.communicate()


def ask(url: str) -> tuple[int, bytes]:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", f"/{path}")
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_answers_and_ends_in_order_although_a_page_is_open(
    published: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with started("serve", "--lake", str(published), "--port", "0", cwd=tmp_path) as (process, line):
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None
        status, body = ask(f"{found[0]}/v1/levels/ES/latest")
        assert status == 200
        assert b'"net_gex"' in body
        stream = http.client.HTTPConnection(found[0].removeprefix("http://"), timeout=20)
        stream.request("GET", "/v1/stream")
        assert stream.getresponse().status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in out + err
        assert "ERROR" not in err


def test_a_taken_port_and_a_missing_lake_are_one_clear_line(published: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = gex("serve", "--lake", str(published), "--port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"gex: Expected port {port} of 127.0.0.1 to be free, was taken by another program: give another with --port, or 0 for any"
    ]
    missing = gex("serve", "--lake", "nothing", cwd=tmp_path)
    assert missing.returncode == 1
    assert "Expected a lake at" in missing.stderr


def test_another_address_needs_a_token(published: Path, tmp_path: Path) -> None:
    done = gex("serve", "--lake", str(published), "--host", "0.0.0.0", "--port", "0", cwd=tmp_path)  # noqa: S104
    assert done.returncode == 1
    assert "Expected --token or GEX_SERVE_TOKEN" in done.stderr


def test_a_replay_brings_the_token_of_the_server(published: Path, tmp_path: Path) -> None:
    token = "long-enough-" * 2
    with running(published, token=token) as client:
        words = ("replay", "--lake", str(published), "--port", str(client.port))
        for given, was in (((), "none"), (("--token", "x" * 24), "another")):
            done = gex(*words, *given, cwd=tmp_path)
            assert done.returncode == 1
            said = (
                f"gex: Expected the token of the server on port {client.port}, was {was}: give it with --token or GEX_SERVE_TOKEN"
            )
            assert done.stderr == f"{said}, or another --port\n"
        done = gex(*words, "--token", token, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"open http://127.0.0.1:{client.port}/days/ES/2026-01-06" in done.stdout
        assert token not in done.stdout


def test_a_replay_that_starts_a_server_guards_it_with_the_token(published: Path, tmp_path: Path) -> None:
    words = ("replay", "--lake", str(published), "--port", "0", "--token", "long-enough-" * 2)
    with started(*words, cwd=tmp_path) as (_, line):
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+[^.\s]", line)
        assert found is not None
        assert ask(found[0])[0] == 401


@pytest.mark.parametrize("begin", ["25:99", "9:30", "14:30:99", "noon", "2026-01-06T14:30"])
def test_a_beginning_that_is_no_time_of_day_is_refused_before_anything_is_opened(begin: str) -> None:
    found = CliRunner().invoke(replay, ["--lake", "nothing", "--from", begin])
    assert found.exit_code == 2
    assert f"Expected HH:MM, was {begin}" in found.output


def test_a_replay_starts_a_server_and_uses_one_that_runs(published: Path, tmp_path: Path) -> None:
    words = ("--lake", str(published), "--speed", "600", "--from", "14:30")
    with started("replay", *words, "--port", "0", cwd=tmp_path) as (_, line):
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\S+[^.\s]", line)
        assert found is not None
        status, page = ask(found[0])
        assert status == 200
        assert b"/v1/replay/ES/2026-01-06?speed=600" in page
        again = gex("replay", *words, "--port", found[1], cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert found[0] in again.stdout
        other = tmp_path / "other"
        shutil.copytree(published / "silver_gex_levels", other / "silver_gex_levels")
        refused = gex("replay", "--lake", str(other), "--port", found[1], cwd=tmp_path)
        assert refused.returncode == 1
        assert f"Expected the server on port {found[1]} to serve {other}, was another lake's" in refused.stderr
    absent = gex("replay", "--lake", str(published), "--date", "2020-01-01", cwd=tmp_path)
    assert absent.returncode == 1
    assert "days are 2026-01-06 to 2026-01-06" in absent.stderr
