"""What a person sees of retention: a table of what goes, on stdout; what stays, and why, beside it."""

from rich.filesize import decimal

from dawn_chorus.cli.operations.retention.run import Heap, Outlook, Removed
from dawn_chorus.cli.output import print_note, print_warning, show_table


def show_outlook(outlook: Outlook, keep_best: int, *, apply: bool) -> None:
    """Say what goes, by site, and what is kept in spite of its age."""
    if outlook.recordings:
        going = sorted(outlook.going.items(), key=lambda item: (item[0][0] or "", item[0][1]))
        columns = ("site", "goes", "recordings", "hours", "size", "from", "to")
        show_table(columns, [_row(*key, heap) for key, heap in going])
    if outlook.best.recordings:
        print_note(f"kept, as one of the {keep_best} best of some taxon: {_sum_up(outlook.best)}")
    if outlook.busy.recordings:
        print_note(f"kept, as they are being analyzed: {_sum_up(outlook.busy)}")
    if outlook.unheard.recordings:
        print_warning(f"no analysis heard all of {_sum_up(outlook.unheard)} of these, and then none can any more")
    if not outlook.recordings:
        print_note("nothing is old enough to go")
    elif not apply:
        print_note("nothing was removed: the same with --apply does it")


def _row(site: str | None, with_results: bool, heap: Heap) -> tuple[str, ...]:
    goes = "audio and results" if with_results else "audio"
    days = [f"{when:%Y-%m-%d}" if when else "" for when in (heap.first, heap.last)]
    hours, size = f"{heap.duration_s / 3600:,.1f}", decimal(heap.size_bytes)
    return site or "(no site)", goes, f"{heap.recordings:,}", hours, size, *days


def _sum_up(heap: Heap) -> str:
    return f"{_count(heap.recordings)} ({heap.duration_s / 3600:,.1f} h, {decimal(heap.size_bytes)})"


def _count(recordings: int) -> str:
    return f"{recordings:,} recording{'' if recordings == 1 else 's'}"


def show_removed(removed: Removed) -> None:
    what = f"removed the audio of {_count(removed.audio)}"
    if removed.with_results:
        what += f", and {_count(removed.with_results)} with all results"
    print_note(f"{what}: {decimal(removed.freed_bytes)} freed")
