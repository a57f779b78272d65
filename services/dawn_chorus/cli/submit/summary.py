"""The last lines of a run."""

from collections import Counter
from collections.abc import Sequence

from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.place.report import report_without_time
from dawn_chorus.cli.submit.outcomes import Outcome, OutcomeKind

_NAMED = 3
"""So many refused files stand in the last line."""


def print_summary(outcomes: Sequence[Outcome]) -> None:
    """Print what has no time, and how the files ended; of a single file that was refused, all is said already."""
    report_without_time([(outcome.shown, outcome.missing_time) for outcome in outcomes if outcome.missing_time])
    if len(outcomes) > 1:
        print_note(summary_of(outcomes))
    elif outcomes[0].answer is not None:
        print_note(f"{outcomes[0].shown}: {outcomes[0].duration_s:g} s, {outcomes[0].kind.value}")


def note_unfiltered(outcomes: Sequence[Outcome]) -> None:
    """Print for how many recordings no place is known, so that no taxa could be left out."""
    placeless = [each for each in outcomes if each.answer is not None and each.answer.get("latitude") is None]
    if placeless:
        print_note(f"--occurrence-min left nothing out of {_recordings(len(placeless))}: no place is known")


def summary_of(outcomes: Sequence[Outcome]) -> str:
    """Return how many files ended how, and the first that were refused with their reasons."""
    counts = Counter(outcome.kind for outcome in outcomes)
    parts = [f"{counts[kind]:,} {kind.value}" for kind in OutcomeKind if counts[kind]]
    refused = [outcome for outcome in outcomes if not outcome.kind.is_there]
    named = "; ".join(f"{outcome.shown}: {outcome.reason}" for outcome in refused[:_NAMED])
    more = f"; and {len(refused) - _NAMED:,} more" if len(refused) > _NAMED else ""
    files = f"{len(outcomes):,} file{'s' if len(outcomes) != 1 else ''}"
    return f"{files}: {', '.join(parts)}" + (f" ({named}{more})" if named else "")


def print_stop(outcomes: Sequence[Outcome], n_files: int) -> None:
    """Print how to go on."""
    there = sum(outcome.kind.is_there for outcome in outcomes)
    print_note(f"stopped: {there:,} of {n_files:,} files are there; the same command again goes on from here")


def _recordings(number: int) -> str:
    return f"{number:,} recording{'s' if number != 1 else ''}"
