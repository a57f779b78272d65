"""One run of `chorus export`."""

import shlex
from threading import Event
from typing import TYPE_CHECKING, Any

import typer

from dawn_chorus.cli.export.job import Job, make_and_fetch
from dawn_chorus.cli.export.options import MADE_IN_BACKGROUND, REVIEWS, ExportOptions
from dawn_chorus.cli.export.showing import show_bytes
from dawn_chorus.cli.export.table import STDOUT, fetch_table
from dawn_chorus.cli.export.whole_file import target_of
from dawn_chorus.cli.output import print_note, print_warning, show_json
from dawn_chorus.domain.errors import PermanentError

if TYPE_CHECKING:
    from dawn_chorus.cli.client.http_client import ServiceClient

STOPPED = 130


def run_export(client: "ServiceClient", options: ExportOptions) -> None:
    """Write one file. Raises Exit with 130 after Ctrl-C, which says how to go on."""
    if options.format in MADE_IN_BACKGROUND or options.export_id is not None:
        _run_job(client, options)
        return
    path = "/v1/reviews" if options.format == REVIEWS else "/v1/detections"
    form = "csv" if options.format == REVIEWS else options.format
    try:
        done = fetch_table(client, path, {**options.filters, "format": form}, options.out)
    except KeyboardInterrupt:
        print_note("stopped: nothing was written; the same command begins again")
        raise typer.Exit(STOPPED) from None
    _tell(done, options, f"{show_bytes(done['size_bytes'])}")


def _run_job(client: "ServiceClient", options: ExportOptions) -> None:
    from dawn_chorus.cli.submit.patience import Patience

    if options.out == STDOUT:
        raise PermanentError(f"{options.format} cannot go to stdout: name a file or folder with --out")
    if not options.out.is_dir():
        target_of(options.out, "")  # before the service works for nothing
    begun: list[str] = [options.export_id] if options.export_id else []
    patience = Patience(options.patience_s, Event(), lambda why, wait_s: print_note(f"{why}; again in {wait_s:.0f} s"))
    body = {**options.filters, "format": options.format} | ({"clips": options.clips} if options.clips else {})
    job = Job(client, patience, begun.append)
    try:
        export, target = make_and_fetch(job, body, options.export_id, options.out)
    except KeyboardInterrupt:
        print_note(_how_to_go_on(begun, options))
        raise typer.Exit(STOPPED) from None
    if export["items_left_out"]:
        print_warning(f"{export['items_left_out']:,} left out: the file says why")
    done = {**export, "file": str(target), "licenses": job.licenses}
    _tell(done, options, f"{export['items_done']:,}, {show_bytes(export['size_bytes'])}")


def _how_to_go_on(begun: list[str], options: ExportOptions) -> str:
    if not begun:
        return "stopped before anything was asked for"
    there = "" if options.url is None else f" --url {shlex.quote(options.url)}"
    file = shlex.quote(str(options.out))
    return f"stopped; the service goes on. Fetch it with: chorus export --id {begun[0]} --out {file}{there}"


def _tell(done: dict[str, Any], options: ExportOptions, what: str) -> None:
    if options.as_json and done["file"] is not None:
        show_json(done)
        return
    for each in done["licenses"]:
        print_note(f"license of {each}")
    if done["file"] is not None:
        print_note(what)
        typer.echo(done["file"])
