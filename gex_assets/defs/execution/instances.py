"""The Dagster instance of a command: the one that the UI shows, or one that ends with the command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gex_assets.defs.execution.home import home_folder

if TYPE_CHECKING:
    import dagster as dg

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
    import dagster as dg  # whoever opens none goes without

    home = home_folder() if shared else None
    with dg.DagsterInstance.get() if home else dg.DagsterInstance.ephemeral() as found:
        yield found
