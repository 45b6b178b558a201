"""The Dagster instance of a command: the one that the UI shows, or one that ends with the command."""

import contextlib
from collections.abc import Iterator

import dagster as dg

from gex_assets.defs.execution.home import home_folder

__all__ = ["instance"]


@contextlib.contextmanager
def instance(*, shared: bool = True) -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, where the UI finds the runs; a temporary one where it is not set.

    Parameters
    ----------
    shared : False for a temporary one in any case: runs in another lake than the settings' would be taken for runs in theirs.

    Raises
    ------
    SettingsError
        Where DAGSTER_HOME is not the absolute path of a folder.
    """
    home = home_folder() if shared else None
    with dg.DagsterInstance.get() if home else dg.DagsterInstance.ephemeral() as found:
        yield found
