"""`dagster dev` with the project's definitions and dagster.yaml: the UI, the daemon and a code server, asked as the UI asks."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PATIENCE", "DagsterDev", "dagster_dev", "wait_until"]

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 300.0

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message stack }
    ... on InvalidSubsetError { message }
    ... on PipelineNotFoundError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_TERMINATE = """
mutation Terminate($ids: [String!]!) {
  terminateRuns(runIds: $ids) {
    __typename
    ... on TerminateRunsResult { terminateRunResults { __typename ... on TerminateRunFailure { message } } }
    ... on PythonError { message }
  }
}
"""
_REPOSITORIES = "{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name location { name } } } } }"


@dataclass(frozen=True, slots=True)
class DagsterDev:
    """A server that runs.

    Attributes
    ----------
    port : of its GraphQL.
    log : what the processes write.
    """

    port: int
    log: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer's `data`."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            document = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", document, {"Content-Type": "application/json"})
            said = json.load(connection.getresponse())
        assert "errors" not in said, said
        return said["data"]

    def is_ready(self) -> bool:
        """Whether the definitions are loaded."""
        with contextlib.suppress(OSError, ValueError):
            return bool(self.ask(_REPOSITORIES)["repositoriesOrError"].get("nodes"))
        return False

    def launch(self, job: str, *, day: str) -> str:
        """Ask for a run of a day, as the launchpad does; the run's id."""
        (repository,) = self.ask(_REPOSITORIES)["repositoriesOrError"]["nodes"]
        selector = {
            "repositoryName": repository["name"],
            "repositoryLocationName": repository["location"]["name"],
            "pipelineName": job,
        }
        tags = [{"key": "dagster/partition", "value": day}]
        params = {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": {"tags": tags}}
        found = self.ask(_LAUNCH, params=params)["launchPipelineExecution"]
        assert found["__typename"] == "LaunchRunSuccess", found
        return str(found["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        """The button Terminate."""
        (found,) = self.ask(_TERMINATE, ids=[run_id])["terminateRuns"]["terminateRunResults"]
        assert found["__typename"] == "TerminateRunSuccess", found


def wait_until(what: Callable[[], bool], log: Path) -> None:
    """Wait; else what the processes wrote is shown."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, log.read_text()[-4000:]
        time.sleep(0.2)


@contextlib.contextmanager
def dagster_dev(home: Path, lake: Path, **environment: str) -> Iterator[DagsterDev]:
    """All processes are killed at the end, runs too."""
    home.mkdir(exist_ok=True)
    shutil.copy2(REPOSITORY / "dagster.yaml", home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own: Mapping[str, str] = {"DAGSTER_HOME": str(home), "GEX_LAKE": str(lake), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "dagster", "dev", "-m", "gex_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    log = home / "dev.log"
    with log.open("a") as written:
        process = subprocess.Popen(
            command, cwd=home, env={**os.environ, **own, **environment}, stdout=written, stderr=written, start_new_session=True
        )
        try:
            found = DagsterDev(port, log)
            wait_until(found.is_ready, log)
            yield found
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
