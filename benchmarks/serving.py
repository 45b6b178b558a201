"""Tasks over a server: levels from memory, next to the least that answers on the same server (`bare`).

Each server has one core. Time is the server's CPU time, because the client shares the machine. Latencies are on the clock, at a
rate that does not wait for answers: they say something where the machine has nothing else to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

__all__ = ["cached_levels"]

PATH: Final = "/v1/levels/ES/latest?convention=field&scope=selected"
BARE_PATH: Final = "/levels"
_UTIME, _STIME = 11, 12
"""Places of both times in /proc/PID/stat, counted behind the name."""

CONNECTIONS: Final = 16
RATE: Final = 1_000
"""Requests a second of the open loop."""


def cached_levels(*, lake: str, requests: int = 10_000, rounds: int = 3) -> dict[str, Any]:
    """Ask both in turns: CPU time per request, least of some rounds; and latencies at 1,000 requests a second."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, _served(lake) as ours:
        body = Path(folder) / "body.json"
        answer = asyncio.run(_once(ours.port, PATH))
        body.write_bytes(answer)
        with _bare(body) as bare:
            both = {"ours": (ours, PATH), "bare": (bare, BARE_PATH)}
            cpu: dict[str, list[float]] = {name: [] for name in both}
            rate: dict[str, list[float]] = {name: [] for name in both}
            for _ in range(rounds):
                for name, (server, path) in both.items():
                    before, started = server.cpu, time.perf_counter()
                    asyncio.run(_closed_loop(server.port, path, requests))
                    rate[name].append(requests / (time.perf_counter() - started))
                    cpu[name].append((server.cpu - before) / requests)
            late = {name: asyncio.run(_open_loop(server.port, path, RATE * 5)) for name, (server, path) in both.items()}
            same = asyncio.run(_once(bare.port, BARE_PATH)) == answer
    return {
        "cpu": min(cpu["ours"]),
        "wall": time.perf_counter() - begin,
        "per_request": {name: min(found) for name, found in cpu.items()},
        "rate": {name: max(found) for name, found in rate.items()},
        "p50": {name: found[len(found) // 2] for name, found in late.items()},
        "p99": {name: found[int(len(found) * 0.99)] for name, found in late.items()},
        "bytes": len(answer),
        "same": same,
    }


class _Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._status = Path(f"/proc/{process.pid}/stat")
        self.port = port

    @property
    def cpu(self) -> float:
        """User and system time of the process so far, in seconds."""
        fields = self._status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[_UTIME]) + int(fields[_STIME])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _served(lake: str) -> Iterator[_Server]:
    port = _free_port()
    with _running([sys.executable, "-m", "gex_assets.cli", "serve", "--lake", lake, "--port", str(port)], port) as server:
        yield server


@contextlib.contextmanager
def _bare(body: Path) -> Iterator[_Server]:
    port = _free_port()
    with _running([sys.executable, "-m", "benchmarks.bare", str(port), str(body)], port) as server:
        yield server


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[_Server]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None:
                raise RuntimeError(f"Expected a server, was an end with {process.returncode}")
            time.sleep(0.1)
        asyncio.run(asyncio.sleep(0.5))
        yield _Server(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class _Connection:
    """One kept connection; a request is written and its answer read whole."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, path: str) -> bytes:
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split(b":")[1])
        return await self._reader.readexactly(length)


@contextlib.asynccontextmanager
async def _connections(port: int, count: int) -> AsyncIterator[list[_Connection]]:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    try:
        yield [_Connection(*stream) for stream in streams]
    finally:
        for _, writer in streams:
            writer.close()


async def _once(port: int, path: str) -> bytes:
    async with _connections(port, 1) as (one,):
        return await one.ask(path)


async def _closed_loop(port: int, path: str, requests: int) -> None:
    """Each connection asks again as soon as it is answered."""

    async def ask(one: _Connection) -> None:
        for _ in range(requests // CONNECTIONS):
            await one.ask(path)

    async with _connections(port, CONNECTIONS) as found:
        await asyncio.gather(*(ask(one) for one in found))


async def _open_loop(port: int, path: str, requests: int) -> list[float]:
    """Latencies in seconds, sorted, of requests that come at their rate whether or not the one before was answered."""
    late: list[float] = []
    free: asyncio.Queue[_Connection] = asyncio.Queue()

    async def ask(due: float) -> None:
        one = await free.get()
        await one.ask(path)
        late.append(time.perf_counter() - due)
        free.put_nowait(one)

    async with _connections(port, 8 * CONNECTIONS) as found:
        for one in found:
            free.put_nowait(one)
        begin, tasks = time.perf_counter(), []
        for number in range(requests):
            due = begin + number / RATE
            left = due - time.perf_counter()
            if left > 0:
                await asyncio.sleep(left)
            tasks.append(asyncio.create_task(ask(due)))
        await asyncio.gather(*tasks)
    return sorted(late)
