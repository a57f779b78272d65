"""Prints a service's answers for people."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from dawn_chorus.cli.client.timeline_view import FAINT_FROM, picture_lines
from dawn_chorus.cli.output import (
    print_note,
    print_warning,
    progress_bar,
    show_facts,
    show_json,
    show_table,
    stdout_width,
)
from dawn_chorus.domain.warnings import AnalysisWarning, describe_warning

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

Answer = dict[str, Any]
POLL_S = 0.5
"""How often `follow` asks for the progress of an analysis."""


def answering_analysis(recording: Answer) -> Answer | None:
    """Return the analysis that answers an upload; a recording may have others, older ones or of other packs."""
    newest = recording["analyses"][-1] if recording["analyses"] else None
    return next((each for each in recording["analyses"] if each["id"] == recording.get("analysis_id")), newest)


def follow(fetch: Callable[[str], Answer], awaited: Iterable[tuple[Answer, Answer]]) -> bool:
    """Wait until analyses are finished, with one progress bar. Return whether all succeeded.

    `fetch` returns an analysis by its id; `awaited` are recordings, each with one of its analyses.
    """
    pairs = list(awaited)
    with progress_bar() as progress:
        task = progress.add_task("", total=sum(recording["duration_s"] for recording, _ in pairs), rate="")
        succeeded, before_s = [], 0.0
        for recording, analysis in pairs:
            progress.update(task, description=recording["filename"])
            while not analysis["terminal"]:
                time.sleep(POLL_S)
                analysis = fetch(analysis["id"])  # noqa: PLW2901 - the newer state of the same
                progress.update(task, completed=before_s + analysis["analyzed_s"] + analysis["failed_s"])
            before_s += recording["duration_s"]
            progress.update(task, completed=before_s)
            succeeded.append(_report_end(recording["filename"], analysis))
    return all(succeeded)


def _report_end(name: str, analysis: Answer) -> bool:
    for failure in analysis["failures"]:
        print_warning(f"{name}: {_failure_line(failure)}")
    for warning in analysis["warnings"]:
        print_warning(f"{name}: {_warning_line(warning)}")
    more = sum(analysis.get(f"{part}_total", 0) - len(analysis[part]) for part in ("failures", "warnings"))
    if more > 0:
        print_warning(f"{name}: and {more:,} more, which `chorus status {analysis['id']}` shows")
    if analysis["result"] != "succeeded":
        print_warning(f"{name}: {analysis['result']}")
    return bool(analysis["result"] == "succeeded")


def _failure_line(failure: Answer) -> str:
    return f"{failure['start_s']:g} s to {failure['end_s']:g} s: {failure['reason']}"


def _warning_line(warning: Answer) -> str:
    return describe_warning(AnalysisWarning(**warning))


def show_health(health: Answer) -> None:
    down = [f"{name}: {check.get('detail')}" for name, check in health.get("checks", {}).items() if not check["ok"]]
    print_note("; ".join(down) if down else f"the service is {health.get('status', 'not answering')}")


def show_recordings(recordings: Iterable[Answer]) -> None:
    rows = [_status_row(recording, analysis) for recording in recordings for analysis in recording["analyses"]]
    show_table(("analysis", "recording", "length", "state", "done", "pack"), rows)


def _status_row(recording: Answer, analysis: Answer) -> tuple[str, ...]:
    done_s = analysis["analyzed_s"] + analysis["failed_s"]
    length, share = _length(recording["duration_s"]), f"{done_s / recording['duration_s']:.0%}"
    state = analysis["result"] or analysis["state"]
    return analysis["id"], recording["filename"], length, state, share, analysis["pack"]["name"]


def _length(duration_s: float) -> str:
    minutes, seconds = divmod(duration_s, 60)
    return f"{int(minutes // 60)}:{int(minutes % 60):02}:{seconds:04.1f}"


def show_analysis(client: "ServiceClient", some_id: str, *, as_json: bool) -> None:
    """Print the state of an analysis, or of the latest analysis of a recording, with all its failures and warnings."""
    analysis = client.find_analysis(some_id)
    if as_json:
        show_json(analysis)
        return
    pack = analysis["pack"]
    facts = {
        "analysis": analysis["id"],
        "recording": analysis["recording_id"],
        "state": analysis["result"] or analysis["state"],
        "segments": f"{analysis['segments_done']} of {analysis['segments_total']} done",
        "analyzed": f"{analysis['analyzed_s']:g} s",
        "failed": f"{analysis['failed_s']:g} s",
        "pack": f"{pack['name']} {pack['version'] or ''} ({pack['license'] or 'licence unknown'})",
    }
    if analysis["eta_s"] is not None:
        facts["remaining"] = f"{analysis['eta_s']:.0f} s"
    show_facts(facts)
    for failure in client.parts(analysis, "failures"):
        print_warning(_failure_line(failure))
    for warning in client.parts(analysis, "warnings"):
        print_warning(_warning_line(warning))


def show_timeline(client: "ServiceClient", some_id: str, taxa: list[str], *, as_json: bool = False) -> None:
    """Draw the timeline of an analysis, or of the latest analysis of a recording."""
    analysis = client.find_analysis(some_id)
    if as_json:
        show_json(client.timeline(analysis["id"], taxa))
        return
    found = client.timeline(analysis["id"], taxa, min_score=FAINT_FROM)
    recording = client.recording(analysis["recording_id"])
    start = recording["recorded_at"]
    began = f" from {start}" if start else ""
    state = analysis["result"] or analysis["state"]
    typer.echo(f"{recording['filename']}: {_length(recording['duration_s'])}{began}, {state}")
    for line in picture_lines(found, start and datetime.fromisoformat(start), stdout_width()):
        typer.echo(line.rstrip())
    for warning in client.parts(analysis, "warnings"):
        print_warning(_warning_line(warning))
    pack = found["pack"]
    typer.echo(f"{pack['name']} {pack['version'] or ''}, {pack['license'] or 'licence unknown'}")
