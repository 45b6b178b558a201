"""What each check says in plain words, and what to do when it fails.

docs/counts.md is made of it. A test holds that every check has its entry.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from gex_assets.schemas.checks import Verdict

__all__ = ["CHECK_GUIDE", "Advice", "said_of"]


class Advice(NamedTuple):
    """What a check says, and what to do when it fails."""

    about: str
    todo: str

    @property
    def description(self) -> str:
        """What Dagster shows of the check, also of one that was never evaluated."""
        return f"{self.about} To do where it fails: {self.todo}"


CHECK_GUIDE: Final[dict[str, Advice]] = {
    "matches_schema": Advice(
        "Every column has the type, range and order that TABLES.md states.",
        "Read the text: it names column, row and value. The day is rejected, and what was published before stays.",
    ),
    "something_was_selected": Advice(
        "Where outright options were delivered, some are selected.",
        "Compare `option_families` and `max_dte` with the families and days that the text names.",
    ),
    "windows_cover_the_session": Advice(
        "The table has a row for every window of the session, and for no other.",
        "Look at the first missing window. A file may be cut, or the table before may be of another run.",
    ),
    "page_is_whole": Advice(
        "The page reads back, and cells drawn at random have the gammas and contracts of the chain.",
        "Run the day again. Where it fails again, report the text: what was published before stays.",
    ),
    "page_is_small_enough": Advice(
        "The page has at most 10 MB.",
        "Select fewer options with `option_families`, `expirations` or `max_dte`.",
    ),
    "is_up_to_date": Advice(
        "The published state is what would be made now: inputs, code version and settings are those of its lineage.",
        "`gex refresh --date D` makes again what the text names, and so does the job `refresh`, which checks it again.",
    ),
    "latest_day_has_come": Advice(
        "The last trading day that is due was delivered, with every kind of file that the delivered day before it had. "
        "It looks at that day only, whichever day a run makes.",
        "Look at the vendor's page of batch jobs: what is done there comes in with `gex ingest FOLDER`.",
    ),
    "a_file_is_there": Advice(
        "At least one file of this kind was delivered for the day.",
        "Deliver it with `gex ingest`, or ignore the warning where the kind is not ordered.",
    ),
    "files_are_vouched_for": Advice(
        "A manifest states each file's hash, and the vendor calls the day's data available.",
        "Deliver manifest.json with the files. Order a degraded day again later.",
    ),
    "claims_are_whole": Advice(
        "Every record delivered is read, and all that was asked for came: nothing is superseded, cut, set aside or unmapped.",
        "The text names the files. Keep one delivery of what is superseded. Order again what a limit cut or was not found.",
    ),
    "books_are_sane": Advice(
        "Few records are odd or of unmapped ids: a warning above 0.1 %, a failure above 5 %. It rejects nothing.",
        "The text names the kinds; docs/counts.md says what each means, and when to worry.",
    ),
    "books_are_complete": Advice(
        "A snapshot, a clear or the start of the week stands behind every book.",
        "Request whole days, from 00:00:00 UTC on. Until then resting sizes are NULL and forwards at most weak.",
    ),
    "names_and_terms_agree": Advice(
        "Headers and definitions say the same of every instrument, with terms that are possible.",
        "The text names what contradicts; docs/counts.md says which side is used. Order definitions of the day again.",
    ),
    "statistics_are_usable": Advice(
        "Every statistics file that counts could be read, and few of its records are of unmapped ids.",
        "Deliver the refused file again. The run's log names it.",
    ),
    "settlements_are_repriced": Advice(
        "Gamma's volatility prices the options near the money within a tick of their settlements.",
        "Look at the settlement prices in bronze_option_statistics: of another moment or unit, or against put-call parity.",
    ),
    "tables_fit_each_other": Advice(
        "No row is left out because two tables, or two instruments, contradict each other.",
        "The text names what was left out; docs/counts.md says where to look.",
    ),
    "forward_is_inside_its_bounds": Advice(
        "The forward lies between the no-arbitrage bounds of its own quotes, wherever these do not contradict each other.",
        "Look at the quotes of the windows outside: prices may be stale or crossed.",
    ),
}


def said_of(verdict: Verdict) -> str:
    """What people read of a verdict: what was found and, where the check failed, what to do."""
    if verdict.passed:
        return verdict.text
    return f"{verdict.text.rstrip('.')}. To do: {verdict.todo or CHECK_GUIDE[verdict.name].todo}"
