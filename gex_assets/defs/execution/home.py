"""Which Dagster instance a command uses, by its folder, DAGSTER_HOME. Nothing here imports Dagster: that takes a second."""

import os
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from gex_assets.errors import SettingsError

__all__ = ["home_folder", "use_home_of", "write_home"]

_HOME: Final = "DAGSTER_HOME"


def use_home_of(folder: Path) -> str | None:
    """Use the instance that the folder's `.env` names. `dg dev` does so too, also where another one is exported.

    Returns
    -------
    A line that says so, where an exported DAGSTER_HOME is another one; None where there is nothing to say.
    """
    exported, written = os.environ.get(_HOME), dotenv_values(folder / ".env").get(_HOME)
    if not written:
        return None
    os.environ[_HOME] = written
    if not exported or Path(exported) == Path(written):
        return None
    return (
        f"DAGSTER_HOME is exported as {exported}, but {folder / '.env'} says {written}: `dg dev` and gex both use the latter."
        " Change the line in .env to use the other"
    )


def write_home(folder: Path) -> None:
    """Write DAGSTER_HOME into the `.env` of the folder of dagster.yaml, unless one is written there or exported."""
    env = folder / ".env"
    is_ours = (folder / "dagster.yaml").is_file()
    if is_ours and not os.environ.get(_HOME) and not (env.is_file() and dotenv_values(env).get(_HOME)):
        with env.open("a", encoding="utf-8") as out:
            out.write(f"{_HOME}={folder.resolve()}\n")


def home_folder() -> Path | None:
    """The folder of DAGSTER_HOME; None where it is not set.

    Raises
    ------
    SettingsError
        It is not the absolute path of a folder.
    """
    home = os.environ.get(_HOME)
    if not home:
        return None
    if not (Path(home).is_absolute() and Path(home).is_dir()):
        raise SettingsError(
            f"Expected DAGSTER_HOME to be the absolute path of a folder, was {home!r}: correct it in .env or in the environment"
        )
    return Path(home)
