"""Prints a run of retention: on stdout a table of what is removed, on stderr what is kept and why."""

from rich.filesize import decimal

from dawn_chorus.cli.operations.retention.run import Outlook, Removed, Totals
from dawn_chorus.cli.output import print_note, print_warning, show_table


def show_outlook(outlook: Outlook, keep_best: int, *, apply: bool) -> None:
    """Print what would be removed, by site, and what is kept although it is old."""
    if outlook.recordings:
        going = sorted(outlook.going.items(), key=lambda item: (item[0][0] or "", item[0][1]))
        columns = ("site", "goes", "recordings", "hours", "size", "from", "to")
        show_table(columns, [_row(*key, totals) for key, totals in going])
    if outlook.confirmed.recordings:
        print_note(
            f"kept, confirmed or corrected in review (--reviewed-too removes them): {_sum_up(outlook.confirmed)}"
        )
    if outlook.best.recordings:
        print_note(f"kept, one of the {keep_best} best of some species: {_sum_up(outlook.best)}")
    if outlook.busy.recordings:
        print_note(f"kept, still being analyzed: {_sum_up(outlook.busy)}")
    if outlook.reviewed.recordings:
        print_warning(f"reviewed, and their audio goes: {_sum_up(outlook.reviewed)}")
    if outlook.reviews_going:
        print_warning(f"reviews that go with the results of their recordings: {outlook.reviews_going:,}")
    if outlook.not_fully_analyzed.recordings:
        print_warning(f"never analyzed in full, and not possible without audio: {_sum_up(outlook.not_fully_analyzed)}")
    if not outlook.recordings:
        print_note("nothing is old enough to be removed")
    elif not apply:
        print_note("nothing was removed; to remove it, run again with --apply")


def _row(site: str | None, with_results: bool, totals: Totals) -> tuple[str, ...]:
    goes = "audio and results" if with_results else "audio"
    days = [f"{when:%Y-%m-%d}" if when else "" for when in (totals.first, totals.last)]
    hours, size = f"{totals.duration_s / 3600:,.1f}", decimal(totals.size_bytes)
    return site or "(no site)", goes, f"{totals.recordings:,}", hours, size, *days


def _sum_up(totals: Totals) -> str:
    return f"{_count(totals.recordings)} ({totals.duration_s / 3600:,.1f} h, {decimal(totals.size_bytes)})"


def _count(recordings: int) -> str:
    return f"{recordings:,} recording{'' if recordings == 1 else 's'}"


def show_removed(removed: Removed) -> None:
    what = f"removed the audio of {_count(removed.audio)}"
    if removed.with_results:
        what += f", and {_count(removed.with_results)} with all results"
    if removed.reviews:
        what += f", {removed.reviews:,} review{'' if removed.reviews == 1 else 's'} among them"
    print_note(f"{what}: {decimal(removed.freed_bytes)} freed")
