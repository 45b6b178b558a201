"""The group `gex` of all commands, and what a shell runs."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import click

from gex_assets.cli.bench import bench
from gex_assets.cli.chains import chain, compare, study
from gex_assets.cli.days import demo, history, ingest, run, sample
from gex_assets.cli.levels import brief, levels
from gex_assets.cli.notices import notices
from gex_assets.cli.options import complain
from gex_assets.cli.overviews import pages
from gex_assets.cli.pictures import heatmap
from gex_assets.cli.questions import doctor, lineage, query, status
from gex_assets.cli.refreshing import refresh
from gex_assets.cli.served import replay, serve
from gex_assets.errors import GexError
from gex_assets.process.interruption import EXIT_CODE, interruptible, was_asked
from gex_assets.settings import unknown_variables

__all__ = ["gex", "main"]


class _InOrder(click.Group):
    """Commands in the order of work, as they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="gex-assets")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def gex(*, debug: bool) -> None:
    """Gamma exposure, levels and regimes from order-by-order options data."""


_COMMANDS = (
    demo,
    ingest,
    sample,
    run,
    refresh,
    history,
    status,
    lineage,
    query,
    levels,
    brief,
    notices,
    heatmap,
    pages,
    serve,
    replay,
    chain,
    compare,
    study,
    doctor,
    bench,
)

for _command in _COMMANDS:
    gex.add_command(_command)


def main() -> None:
    """Run the command; an error is one clear line and a non-zero exit. Ctrl-C ends in order, a second one at once."""
    with interruptible(said=_say_interrupted):
        code = _exit_code()
    if code is None:  # said last: the thread that tells of the first Ctrl-C has ended with the block
        click.echo("gex: interrupted", err=True)
    if "duckdb" not in sys.modules:  # which writes of everything that is left when it is unloaded
        gc.freeze()  # else Python looks once more for garbage in all that was imported: a quarter of what `gex chain` takes
    sys.exit(EXIT_CODE if code is None else code)


def _exit_code() -> int | None:
    """Run the command; None where it was interrupted and said nothing of it."""
    try:
        _read_env_file()
        for line in unknown_variables(os.environ):
            complain(line)
        gex(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:  # whoever reads has enough: `gex query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (click.Abort, KeyboardInterrupt):
        return None
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:
        if was_asked() and "--debug" not in sys.argv:  # an import that is interrupted may fail in any way
            return None
        if not isinstance(error, GexError) or "--debug" in sys.argv:
            raise
        complain(str(error))
        return 1
    return EXIT_CODE if was_asked() else 0


def _say_interrupted() -> None:
    """Written past all buffers: the main thread may be in the middle of a line."""
    os.write(2, b"\ngex: ending; anything half written is discarded. Press Ctrl-C again to end at once\n")


def _read_env_file() -> None:
    """Take what the folder's `.env` says where the environment says nothing, so that `dg dev` and gex see the same settings."""
    if Path(".env").is_file():
        from dotenv import load_dotenv

        load_dotenv(Path(".env"))
