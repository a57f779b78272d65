"""Disks: how much room is left on each volume that something is kept on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dawn_chorus.cli.doctor.checks.sizes import format_bytes
from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import Form, Installation, Space

_FILLING, _FULL = 0.15, 0.05
"""Free shares below which the alerts AudioDiskFilling and AudioDiskAlmostFull fire."""
_SMALL_BYTES = 1_000_000_000
"""Less than this is too little on any volume: an hour of stereo is as much."""


def look_at_disk(installation: Installation) -> Sequence[Finding]:
    kept = _find_volumes(installation)
    if not kept:
        return [skipped("disk", "nothing is kept on a disk here")]
    return [_judge(what, folder, installation.machine.measure_space(folder)) for what, folder in kept]


def _find_volumes(installation: Installation) -> list[tuple[str, Path]]:
    """Return what is kept on each volume, and one folder of it; folders on one volume make one entry."""
    by_volume: dict[int, tuple[list[str], Path]] = {}
    for what, folder in _folders(installation).items():
        there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
        if there is None or (there != folder and installation.form is Form.SERVERS):
            continue
        by_volume.setdefault(there.stat().st_dev, ([], there))[0].append(what)
    return [(", ".join(names), folder) for names, folder in by_volume.values()]


def _folders(installation: Installation) -> Mapping[str, Path]:
    settings, store = installation.settings, installation.store_folder
    folders = {"recordings": store} if store is not None else {}
    if installation.form is not Form.SERVERS:
        folders |= {"the database": settings.data_dir.absolute(), "pictures": settings.cache_path}
    return {**folders, "packs": settings.packs_path.absolute()}


def _judge(what: str, folder: Path, space: Space) -> Finding:
    share = space.free_bytes / space.total_bytes if space.total_bytes else 0.0
    left = (
        f"{folder}: {format_bytes(space.free_bytes)} of {format_bytes(space.total_bytes)} left ({share:.0%}) for {what}"
    )
    if share < _FULL or space.free_bytes < _SMALL_BYTES:
        return wrong("disk", f"{left}: make room now: `chorus retention --audio-days 90`, or enlarge the volume")
    if space.free_files < _FULL:
        return wrong("disk", f"{folder}: room for {space.free_files:.1%} of its files is left: remove small files")
    if share < _FILLING:
        return warning("disk", f"{left}: it is filling, see Retention in deploy/README.md")
    return ok("disk", left)
