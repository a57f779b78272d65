"""Downloads recordings from Xeno-canto whose license permits it, and records whom to credit.

Writes to the folder: `audio/` with the audio files and attribution.csv, and the dataset's manifest.csv, taxa.csv and
refused.csv. Files that exist already are not fetched again, whichever search found them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import Progress

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.license_terms import Refused, Terms
from models.workshop.data.recordings import DatasetOptions, build_dataset, save_built, slug_of
from models.workshop.data.xeno_canto.api import BrokenDownload, XenoCanto
from models.workshop.data.xeno_canto.recording import XenoCantoRecording, load_attribution, save_attribution


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of a run."""

    manifest: Path
    n_new: int
    n_clips: int
    refused: tuple[Refused, ...]
    broken: tuple[str, ...]
    """Messages of interrupted downloads; the next run tries them again."""


def fetch_recordings(
    archive: XenoCanto, queries: Sequence[str], folder: Path, options: DatasetOptions, progress: Progress
) -> Fetched:
    """Search, download the missing recordings, and write the manifest of all that exist.

    Attribution is written before the first download, so that no audio file is ever without it.
    """
    found = {recording.id: recording for query in queries for recording in _search(archive, query, progress)}
    accepted, refused = split_by_terms(found.values(), options.terms)
    audio_dir = folder / "audio"
    audio_dir.mkdir(parents=True, exist_ok=True)
    known = load_attribution(audio_dir / "attribution.csv") | {recording.id: recording for recording in accepted}
    save_attribution(audio_dir / "attribution.csv", known.values())
    missing = [recording for recording in accepted if not (audio_dir / recording.file).exists()]
    unavailable, broken = _download(archive, missing, audio_dir, progress)
    present = [recording for recording in known.values() if (audio_dir / recording.file).exists()]
    built = build_dataset(
        (recording.as_recording(audio_dir) for recording in present),
        folder,
        replace(options, taxa=(*options.taxa, *_taxa_of(present))),
    )
    built = replace(built, refused=(*refused, *unavailable, *built.refused))
    n_new = len(missing) - len(unavailable) - len(broken)
    return Fetched(save_built(built), n_new, len(built.dataset.clips), built.refused, tuple(broken))


def split_by_terms(
    recordings: Iterable[XenoCantoRecording], terms: Terms
) -> tuple[list[XenoCantoRecording], list[Refused]]:
    """Return the recordings that may be used and can be downloaded, and the others with the reason."""
    accepted: list[XenoCantoRecording] = []
    refused: list[Refused] = []
    for recording in recordings:
        reason = terms.refuse(recording.license)
        if reason is None and not recording.download_url:
            reason = "Xeno-canto does not offer its audio for download"
        if reason is None:
            accepted.append(recording)
        else:
            refused.append(Refused(recording.url, recording.license, reason))
    return accepted, refused


def _search(archive: XenoCanto, query: str, progress: Progress) -> Iterable[XenoCantoRecording]:
    bar = progress.add_task(f"search {query}", total=None)
    for page in archive.search(query):
        progress.update(bar, total=page.n_pages, completed=page.number)
        yield from page.recordings


def _download(
    archive: XenoCanto, recordings: Sequence[XenoCantoRecording], audio_dir: Path, progress: Progress
) -> tuple[list[Refused], list[str]]:
    unavailable: list[Refused] = []
    broken: list[str] = []
    bar = progress.add_task("download audio", total=len(recordings))
    for recording in recordings:
        try:
            archive.download(recording.download_url, audio_dir / recording.file)
        except BrokenDownload as error:
            broken.append(str(error))
        except PermanentError as error:
            unavailable.append(Refused(recording.url, recording.license, str(error)))
        progress.advance(bar)
    return unavailable, broken


def _taxa_of(recordings: Iterable[XenoCantoRecording]) -> tuple[Taxon, ...]:
    """Return taxa with the archive's names; the code is made of the scientific name, as BirdNET's codes are."""
    return tuple(
        Taxon(slug_of(r.scientific_name), r.scientific_name, r.common_name, r.taxonomic_class) for r in recordings
    )
