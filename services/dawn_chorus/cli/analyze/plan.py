"""Decides which recordings of a batch are analyzed: those whose result can be written and is not there already."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dawn_chorus.cli.analyze.batch import Batch
from dawn_chorus.cli.analyze.result_files import NO_RESULT, ResultFiles, describe_making
from dawn_chorus.cli.installed_packs import find_pack
from dawn_chorus.cli.output import print_error, print_note
from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.place.sites import Places
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.cli.sources import Source, targets_of
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.exports.formats import FILES, LABELS, SPREADSHEETS, WRITERS, ExportFormat
from dawn_chorus.domain.names import displayed
from dawn_chorus.inference.packs.pack import read_manifest

_NO_SETTINGS = (
    "paths",
    "pack",
    "export_format",
    "out",
    "resume",
    "workers",
    "device",
    "rule_overrides",
    "place",
    "sites",
)
"""Parameters that say nothing of a result, or are in `settings_of` under another name."""


def open_files(batch: Batch, sources: Sequence[Source]) -> ResultFiles | None:
    """Return the files of `--out`; None: results go to stdout. Raises PermanentError if that cannot be."""
    if batch.export_format not in WRITERS:
        raise PermanentError(f"--format {batch.export_format} is made by the service: chorus export")
    if batch.bom and batch.export_format not in SPREADSHEETS:
        raise PermanentError(f"--bom is for --format {' and '.join(SPREADSHEETS)}")
    if batch.out is None:
        if batch.resume:
            raise PermanentError("--resume needs --out: results printed to stdout cannot be found again")
        if batch.export_format in LABELS and len(sources) > 1:
            raise PermanentError("labels of Audacity do not name their recording: give --out for one file each")
        return None
    kind = FILES[batch.export_format]
    targets = targets_of(sources, batch.out, kind.suffix, keeps_suffix=kind.keeps_suffix)
    return ResultFiles(batch.out, targets, are_documents=batch.export_format is ExportFormat.JSON)


def with_target(sources: Sequence[Source], files: ResultFiles | None) -> list[Source]:
    """Return the sources whose results can be written, as far as is known; print the others before any work is done."""
    writable = []
    for source in sources:
        if files and (obstacle := files.obstacle(source.path)):
            print_error(f"{displayed(files.target_of(source.path))}: {obstacle}: {source.shown} is not analyzed")
        else:
            writable.append(source)
    return writable


def without_result(sources: Sequence[Source], files: ResultFiles, batch: Batch, places: Places) -> list[Source]:
    """Return the sources whose results are missing or no longer right; print how many are, and why."""
    manifest, _ = read_manifest(find_pack(batch.pack, load_settings()))
    to_analyze, reasons = [], Counter[str]()
    for source in sources:
        settings = settings_of(batch, places.of(source))
        making = describe_making(manifest.name, manifest.version, settings, source.path)
        if reason := files.why_again(source.path, making):
            to_analyze.append(source)
            reasons[reason] += 1
    if len(to_analyze) < len(sources):
        print_note(f"{len(sources) - len(to_analyze)} of {len(sources)} recordings already have a result")
    del reasons[NO_RESULT]
    for reason, count in reasons.items():
        print_note(f"made again: {count} results, because {reason}")
    return to_analyze


def settings_of(batch: Batch, place: PlaceOptions) -> dict[str, Any]:
    """Return what a result depends on besides the pack and the recording; `place` is what is known of that one."""
    settings = {name: value for name, value in asdict(batch).items() if name not in _NO_SETTINGS}
    if batch.export_format is not ExportFormat.JSON:
        del settings["min_score"]
    return settings | {"event_rule": batch.rule_overrides or None, **asdict(place)}
