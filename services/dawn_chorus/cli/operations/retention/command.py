"""The options of `chorus retention`."""

from typing import Annotated

import typer

from dawn_chorus.cli.output import show_json
from dawn_chorus.domain.errors import PermanentError


def retention(
    *,
    audio_days: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Remove the audio of recordings older than N days.")
    ] = None,
    results_days: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Remove recordings older than N days with all results.")
    ] = None,
    keep_best: Annotated[
        int, typer.Option(min=0, metavar="N", help="Keep the N best recordings of every species, however old.")
    ] = 3,
    stored_days: Annotated[
        int, typer.Option(min=0, metavar="N", help="Keep recordings uploaded within the last N days, however old.")
    ] = 7,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="Only recordings of this site.")] = None,
    reviewed_too: Annotated[
        bool, typer.Option("--reviewed-too", help="Remove also recordings in which a review confirms or corrects.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Remove; otherwise only show what would be removed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove the audio of old recordings and keep their results; with --results-days, remove older ones altogether.

    The age of a recording counts from recorded_at, or from its upload if that is unknown.
    Recordings are kept that are still being analyzed, were uploaded recently, are among the best of some species, or in
    which a review confirms or corrects something (unless --reviewed-too). Of how many others that were reviewed the
    audio goes, and how many reviews go with results, is told.
    If a run is interrupted, the next one completes it.
    To restore the audio of one recording, upload the same file again.
    """
    from dawn_chorus.adapters.postgres.retention import RetentionRule, plan_retention
    from dawn_chorus.cli.operations.database import open_operations_database
    from dawn_chorus.cli.operations.retention.report import show_outlook, show_removed
    from dawn_chorus.cli.operations.retention.run import carry_out, look_ahead, open_operations_store
    from dawn_chorus.cli.settings import load_settings

    _check_days(audio_days, results_days)
    settings = load_settings()
    store = open_operations_store(settings)
    with open_operations_database(settings) as database:
        rule = RetentionRule(audio_days, results_days, stored_days, keep_best, site, not reviewed_too)
        plan = plan_retention(database, rule)
        outlook = look_ahead(database, plan)
        if not as_json:
            show_outlook(outlook, keep_best, apply=apply)
        removed = carry_out(database, store, plan, outlook) if apply else None
    if as_json:
        show_json({"applied": apply, "outlook": outlook.document(), "removed": removed and removed.document()})
    elif removed:
        show_removed(removed)


def _check_days(audio_days: int | None, results_days: int | None) -> None:
    if audio_days is None and results_days is None:
        raise PermanentError("give --audio-days N, and --results-days N to remove results too")
    if audio_days is not None and results_days is not None and results_days < audio_days:
        raise PermanentError(
            f"--results-days {results_days} removes recordings with their audio, which --audio-days {audio_days} keeps "
            "longer: results can be kept longer than audio, not the other way round"
        )
