"""Writes a pack: aside at first, then put where it was asked for, whole or not at all."""

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.names import MANIFEST
from dawn_chorus.model_import.labels import Labels
from dawn_chorus.model_import.manifest_text import Plan, manifest_text
from dawn_chorus.model_import.request import check_out


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder of the name of `out`, beside it, that takes its place if nothing is raised and else is gone."""
    out = out.resolve()
    missing = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".importing-", dir=out.parent))
    except OSError as error:
        raise PermanentError(f"--out {out}: cannot be written: {error.strerror}") from error
    try:
        folder = aside / out.name
        folder.mkdir()
        yield folder
        check_out(out)
        _move(folder, out)
    except OSError as error:
        _remove(aside, missing)
        raise PermanentError(f"--out {out}: cannot be written: {error.strerror}") from error
    except BaseException:
        _remove(aside, missing)
        raise
    shutil.rmtree(aside)


def _move(folder: Path, out: Path) -> None:
    """Put the folder in place; one that is there stays itself, as it may be somebody's current folder."""
    if not out.exists():
        folder.rename(out)
        return
    moved: list[Path] = []
    try:
        files = sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST)
        moved.extend(each.rename(out / each.name) for each in files)
    except OSError:
        for each in moved:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        raise


def _remove(aside: Path, missing: list[Path]) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    for folder in missing:
        if not any(folder.iterdir()):
            folder.rmdir()


def write_pack(folder: Path, plan: Plan) -> None:
    """Write all files of the pack; it is not sealed yet, and has no self-test."""
    source = plan.found.source
    (folder / source.name).write_bytes(source.content)
    for location, path in source.external.items():
        target = folder / location
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _write_taxa(folder / "taxa.csv", plan.settled.labels)
    (folder / MANIFEST).write_text(manifest_text(plan), "utf-8")


def _write_taxa(path: Path, labels: Labels) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(labels.header)
        writer.writerows(labels.rows)
