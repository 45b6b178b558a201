"""What a process may use, read from made-up files of the system: the machine's, and those of control groups of both versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gex_assets.process.machine import available_bytes, cores, peak_bytes, resident_bytes, restart_peak

GB = 10**9


def system(folder: Path, files: dict[str, str]) -> dict[str, Path]:
    for name, content in {
        "proc/meminfo": f"MemTotal: {16 * GB // 1024} kB\nMemAvailable: {8 * GB // 1024} kB\n",
        **files,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return {"proc": folder / "proc", "cgroups": folder / "cgroup"}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 8 * GB),
        ({"proc/self/cgroup": "0::/\n"}, 8 * GB),  # a group without files, as outside of containers
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "cgroup/a/memory.max": f"{4 * GB}\n",
                "cgroup/a/memory.current": f"{3 * GB}\n",
                "cgroup/a/memory.stat": f"anon 1\nactive_file {GB // 2}\ninactive_file {GB}\n",
                "cgroup/a/b/memory.max": "max\n",
                "cgroup/a/b/memory.current": "5\n",
            },
            4 * GB - 3 * GB + 3 * GB // 2,  # the group above limits, and cached files can be dropped
        ),
        (
            {
                "proc/self/cgroup": "0::/seen/from/outside\n",
                "cgroup/memory.max": f"{GB}\n",
                "cgroup/memory.current": f"{GB // 4}\n",
            },
            3 * GB // 4,  # a container sees its group as the root
        ),
        (
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n",
                "cgroup/memory/x/memory.limit_in_bytes": f"{2 * GB}\n",
                "cgroup/memory/x/memory.usage_in_bytes": f"{GB}\n",
                "cgroup/memory/x/memory.stat": f"total_inactive_file {GB // 2}\ntotal_active_file 0\n",
                "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "cgroup/memory/memory.usage_in_bytes": f"{GB}\n",
            },
            3 * GB // 2,
        ),
        (
            {"proc/self/cgroup": "0::/\n", "cgroup/memory.max": f"{GB}\n", "cgroup/memory.current": f"{2 * GB}\n"},
            0,
        ),
    ],
    ids=["machine", "no group", "group above", "container", "first version", "over its limit"],
)
def test_memory_is_what_the_machine_and_every_group_leave(tmp_path: Path, files: dict[str, str], free: int) -> None:
    assert abs(available_bytes(**system(tmp_path, files)) - free) < 1024


def test_without_a_list_of_memory_it_is_that_of_the_machine(tmp_path: Path) -> None:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert available_bytes(proc=tmp_path / "none", cgroups=tmp_path / "none") == whole


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "100000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "1000 100000\n"}, 1),
        (
            {
                "proc/self/cgroup": "3:cpu:/x\n",
                "cgroup/cpu/x/cpu.cfs_quota_us": "50000\n",
                "cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/x\n",
                "cgroup/cpu/x/cpu.cfs_quota_us": "-1\n",
                "cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
    ],
)
def test_cores_are_no_more_than_the_time_that_the_group_is_given(tmp_path: Path, files: dict[str, str], most: int | None) -> None:
    allowed = cores(proc=tmp_path / "none", cgroups=tmp_path / "none")
    assert cores(**system(tmp_path, files)) == (allowed if most is None else most)


def test_a_peak_can_begin_again() -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"1" * len(ballast[::4096])
    peak = peak_bytes()
    assert peak >= 200_000_000
    del ballast
    restart_peak()
    if Path("/proc/self/clear_refs").exists():
        assert peak_bytes() < peak - 100_000_000
    assert resident_bytes(os.getpid()) <= peak_bytes() + 50_000_000
    assert resident_bytes(2**22 + 1) == 0  # no process has that number
