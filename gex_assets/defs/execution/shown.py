"""What the UI shows of a run, as Dagster's own types: verdicts, values, and pictures that a failure never keeps a table for."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

import dagster as dg

from gex_assets.escaping import as_markdown, as_text
from gex_assets.schemas.check_guide import said_of
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import PAGE_CHECKS

__all__ = ["REUSED", "check_result", "evaluation_of", "metadata_value", "or_said"]

REUSED: Final[dict[str, Any]] = {"reused": "up to date: it was left in place, and seconds and memory are those of looking at it"}
"""The metadata of a table or page that was not computed. It comes first: its rows were not made in those seconds."""

Made = TypeVar("Made")


def or_said(what: str, make: Callable[[], Made], *, log: logging.Logger, instead: Callable[[str], Made]) -> Made:
    """Something that is only looked at. Where making it fails, the log has the traceback and the UI the reason in its place.

    Numbers are published by checks of theirs. A picture of them that cannot be drawn says nothing against them.

    Parameters
    ----------
    what : what it is, for the sentence.
    instead : gives what stands in its place, of that sentence.
    """
    try:
        return make()
    except Exception as error:  # whatever it was: the table is what matters
        log.exception("The %s could not be made; the table is not affected", what)
        return instead(f"The {what} could not be made: {as_markdown(repr(error))}. The log of the run has more.")


def check_result(verdict: Verdict, *, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """A verdict as a check result of Dagster."""
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=verdict.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN if verdict.severity == "warn" else dg.AssetCheckSeverity.ERROR,
        description=as_markdown(said_of(verdict)),
        metadata={"verdict": _in_words(verdict)} | {name: metadata_value(value) for name, value in verdict.facts.items()},
    )


def evaluation_of(verdict: Verdict, *, asset_key: dg.AssetKey, partition: str | None = None) -> dg.AssetCheckEvaluation:
    """A verdict as an event that is reported outside of the check's own step."""
    result = check_result(verdict, asset_key=asset_key)
    return dg.AssetCheckEvaluation(
        asset_key=asset_key,
        check_name=verdict.name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        partition=partition,
    )


def _in_words(verdict: Verdict) -> str:
    """Dagster shows a warning as a failed check; this says what it means for the day."""
    if verdict.passed:
        return "ok"
    if verdict.rejects:
        rejected = "the page is not published" if verdict.name in PAGE_CHECKS else "the day is rejected"
        return f"failed: {rejected}, what was published before stays"
    return "WARN: it rejects nothing" if verdict.severity == "warn" else "failed: the day is published all the same"


def metadata_value(value: Any) -> Any:
    """What a day or a check states, as Dagster shows it. Names may come from files."""
    shown = _shown(value)
    return dg.MetadataValue.json(shown) if isinstance(shown, dict | list) else shown


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return as_text(value)
    if isinstance(value, dict):
        return {_shown(name): _shown(one) for name, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list) else value
