"""The command `gex bench`: what the folder benchmarks of a clone measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from gex_assets.cli.options import CommandWithExamples
from gex_assets.errors import GexError

__all__ = ["bench"]


@click.command(cls=CommandWithExamples, examples=("gex bench --list", "gex bench --quick --only 1,3"))
@click.option("--quick", is_flag=True, help="Smaller days and fewer repetitions: minutes instead of half an hour.")
@click.option("--only", help="Goals to measure, by number, e.g. 1,3.  [default: all]")
@click.option("--write", is_flag=True, help="Write benchmarks/RESULTS.md.")
@click.option("--profile", is_flag=True, help="Show the time of each step.")
@click.option("--list", "listed", is_flag=True, help="List the goals.")
def bench(*, quick: bool, only: str | None, write: bool, profile: bool, listed: bool) -> None:
    """Measure speed and memory as ratios to named baselines.

    Needs a clone of the project: benchmarks/ is not part of the package.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "benchmarks" / "__main__.py").is_file():
        raise GexError(f"Expected the folder benchmarks next to the package, as in a clone of the project, was none in {root}")
    chosen = {"--quick": quick, "--write": write, "--profile": profile, "--list": listed}
    options = [name for name, asked in chosen.items() if asked] + ([f"--only={only}"] if only else [])
    sys.exit(subprocess.run([sys.executable, "-m", "benchmarks", *options], cwd=root, check=False).returncode)  # noqa: S603 (our own module)
