"""SQL over the lake in a process of its own, which is ended when it takes too long or too much.

DuckDB's own limit of memory counts its buffers, not every text that a function builds. And a query that computes cannot be
asked to stop everywhere. So a child answers. It ends itself where it holds too much, and its parent ends it where it takes too
long.

Child and parent speak over pipes. The parent writes one line of JSON, and keeps the pipe open: where it closes, the child ends.
The child writes one line of JSON, the rows as an Arrow stream, and another line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.process.own_module import command_of, environment_of_own

__all__ = ["TOO_LARGE", "Answer", "QueryLimits", "ask"]

TOO_LARGE: Final = 77
"""Exit code of a child that has ended itself at its limit of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """What a query may take.

    Attributes
    ----------
    seconds : time until its last row.
    memory_mb : memory of DuckDB before it spills to a temporary folder; a process that holds 400 MB more ends. [MB]
    rows : rows of an answer.
    size_mb : size of an answer in memory. [MB]
    threads : threads that compute.
    """

    seconds: float = 60.0
    memory_mb: int = 1_000
    rows: int = 1_000_000
    size_mb: int = 500
    threads: int = 1


@dataclass(slots=True)
class Answer:
    """The rows of a query as they come.

    Attributes
    ----------
    schema : its columns.
    batches : the rows, once; they may be fewer than the query has where only the first were asked for.
    rows : how many rows the query has, as far as they were counted; known when `batches` is at its end.
    is_counted : whether all rows were counted.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    rows: int = 0
    is_counted: bool = True

    def read(self) -> pa.Table:
        """All its rows in memory."""
        return pa.Table.from_batches(list(self.batches), schema=self.schema)


@contextlib.contextmanager
def ask(lake: Path, sql: str, *, limits: QueryLimits, first: int | None = None) -> Iterator[Answer]:
    """Run one query in a process of its own; see `LakeReader.query`.

    Parameters
    ----------
    lake : folder of the lake.
    first : how many rows are wanted; the others are counted, up to the limit of rows. None: all, and more than the limit of rows
        is an error.

    Yields
    ------
    The answer. Errors come when it is opened, and while its rows are read.

    Raises
    ------
    LakeError
        In one line: what DuckDB refused, that the statement does more than read, or which limit was passed and how to raise it.
    """
    words = command_of("gex_assets.lake.sql.child")
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(  # noqa: S603 (our own module)
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=noise, env=environment_of_own()
        )
        watch = _Watch(child, limits)
        try:
            yield _answer(child, watch, {"lake": os.fspath(lake), "sql": sql, "first": first, **asdict(limits)})
        finally:
            watch.end()


class _Watch:
    """Ends the child at its time limit, and when the caller is done with it."""

    def __init__(self, child: subprocess.Popen[bytes], limits: QueryLimits) -> None:
        self._child, self.limits = child, limits
        self._began = time.monotonic()
        self._timer = threading.Timer(limits.seconds, child.kill)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()

    def why_it_ended(self) -> LakeError:
        """What to say of a child that ended without an answer."""
        code = self._child.wait()
        if time.monotonic() - self._began >= self.limits.seconds:
            return LakeError(
                f"Expected an answer within {self.limits.seconds:g} s, was none: the query was ended. "
                "Ask for fewer days, or raise --timeout"
            )
        return LakeError(
            f"Expected a query that fits in {self.limits.memory_mb:,} MB of memory, was "
            + ("larger" if code == TOO_LARGE else f"one whose process ended ({code})")
            + ": ask for less, or raise --memory"
        )


def _answer(child: subprocess.Popen[bytes], watch: _Watch, request: dict[str, Any]) -> Answer:
    assert child.stdin is not None  # noqa: S101 (both are pipes)
    assert child.stdout is not None  # noqa: S101 (both are pipes)
    try:
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError as error:
        raise watch.why_it_ended() from error
    _said(child.stdout, watch)
    try:
        reader = pa.ipc.open_stream(pa.PythonFile(child.stdout, mode="r"))
    except (pa.ArrowException, OSError) as error:
        raise watch.why_it_ended() from error
    answer = Answer(schema=reader.schema, batches=iter(()))
    answer.batches = _batches(reader, answer, child.stdout, watch)
    return answer


def _batches(reader: pa.RecordBatchStreamReader, answer: Answer, pipe: IO[bytes], watch: _Watch) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            break
        except (pa.ArrowException, OSError) as error:
            raise watch.why_it_ended() from error
        yield batch
    said = _said(pipe, watch)
    answer.rows, answer.is_counted = said["rows"], said["is_counted"]


def _said(pipe: IO[bytes], watch: _Watch) -> dict[str, Any]:
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise watch.why_it_ended()
    said: dict[str, Any] = json.loads(line)
    if "error" in said:
        raise LakeError(said["error"])
    return said
