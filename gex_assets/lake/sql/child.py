"""The child of `process`: answers one query and ends. What it reads and writes is described there."""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
import threading
import time
from typing import IO, Any, Final

import pyarrow as pa

from gex_assets.errors import GexError
from gex_assets.lake.queries import connect
from gex_assets.lake.sql.process import TOO_LARGE

__all__ = ["main"]

_BATCH_ROWS: Final = 1_024
_ROOM_BYTES: Final = 400_000_000
"""Memory of this process besides DuckDB's buffers: Arrow's batches, the plan, what functions build. [bytes]"""
_LOOK_SECONDS: Final = 0.01
"""A core fills some 20 MB in that time."""


def main() -> None:
    """Answer the query of the first line of standard input on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted parent ends this process itself
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whatever a library prints is no part of the answer
        request = json.loads(sys.stdin.buffer.readline())
        threading.Thread(target=_end_with_parent, daemon=True).start()
        try:
            _answer(request, answer)
        except (GexError, MemoryError) as error:
            _say(answer, {"error": _text(error, request)})


def _answer(request: dict[str, Any], pipe: IO[bytes]) -> None:
    first, most_rows, most_bytes = request["first"], request["rows"], request["size_mb"] * 1_000_000
    with connect(request["lake"], memory_limit=f"{request['memory_mb']}MB", threads=request["threads"]) as reader:
        _limit_memory(request["memory_mb"] * 1_000_000 + _ROOM_BYTES)
        schema, batches = reader.batches(request["sql"], rows=_BATCH_ROWS)
        _say(pipe, {})
        counted = size = 0
        said: dict[str, Any] = {}
        with pa.ipc.new_stream(pa.PythonFile(pipe, mode="w"), schema) as stream:
            try:
                for batch in batches:
                    sent = _slice(batch, counted, first if first is not None else most_rows)
                    counted += batch.num_rows
                    size += sent.nbytes
                    if size > most_bytes:
                        said = {"error": _too_large_answer(request)}
                        break
                    if sent.num_rows:
                        stream.write_batch(sent)
                    if counted > most_rows:
                        break
            except (GexError, MemoryError) as error:
                said = {"error": _text(error, request)}
        if not said and first is None and counted > most_rows:
            said = {"error": f"Expected at most {most_rows:,} rows, was more: ask for fewer, or raise --max-rows"}
        _say(pipe, said or {"rows": min(counted, most_rows), "is_counted": counted <= most_rows})


def _slice(batch: pa.RecordBatch, before: int, most: int) -> pa.RecordBatch:
    return batch.slice(0, max(0, min(batch.num_rows, most - before)))


def _text(error: Exception, request: dict[str, Any]) -> str:
    if isinstance(error, MemoryError) or "Out of Memory Error" in str(error):
        return f"Expected a query that fits in {request['memory_mb']:,} MB of memory, was larger: ask for less, or raise --memory"
    return str(error)


def _too_large_answer(request: dict[str, Any]) -> str:
    return f"Expected an answer of at most {request['size_mb']:,} MB, was larger: ask for less, or raise --max-size"


def _limit_memory(more_bytes: int) -> None:
    """End this process once it holds so much more memory than now; where the system does not say, time is the only limit.

    What is held counts, not what is reserved: DuckDB reserves several times what it fills for long lists, so that a limit of the
    system on addresses (RLIMIT_DATA) would end queries that are small.
    """
    most = _held_bytes() + more_bytes
    if most > more_bytes:
        threading.Thread(target=_end_above, args=(most,), daemon=True).start()


def _end_above(most: int) -> None:
    while _held_bytes() <= most:
        time.sleep(_LOOK_SECONDS)
    os._exit(TOO_LARGE)


def _held_bytes() -> int:
    """Memory [bytes] of this process that is really there; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as pages:  # noqa: PTH123 (no file of the lake)
            return int(pages.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _say(pipe: IO[bytes], said: dict[str, Any]) -> None:
    pipe.write(json.dumps(said).encode() + b"\n")
    pipe.flush()


if __name__ == "__main__":
    main()
