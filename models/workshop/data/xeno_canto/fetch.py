"""Recordings from Xeno-canto: searched by tags, on terms that permit it, with thanks to the recordists.

In the folder: `audio/` with the sounds and attribution.csv, and the dataset's manifest.csv, taxa.csv and refused.csv.
What is there already is not fetched again, whatever search it came from.
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
    """What a run brought."""

    manifest: Path
    n_new: int
    n_clips: int
    refused: tuple[Refused, ...]
    broken: tuple[str, ...]
    """Downloads that did not arrive whole; another run tries them again."""


def fetch_recordings(
    archive: XenoCanto, queries: Sequence[str], folder: Path, options: DatasetOptions, progress: Progress
) -> Fetched:
    """Search, fetch what is missing, and write the manifest of all that is there.

    Attribution is written before the first sound, so that no sound is ever without it.
    """
    found = {recording.id: recording for query in queries for recording in _search(archive, query, progress)}
    accepted, refused = sort_by_terms(found.values(), options.terms)
    audio_dir = folder / "audio"
    audio_dir.mkdir(parents=True, exist_ok=True)
    known = load_attribution(audio_dir / "attribution.csv") | {recording.id: recording for recording in accepted}
    save_attribution(audio_dir / "attribution.csv", known.values())
    missing = [recording for recording in accepted if not (audio_dir / recording.file).exists()]
    unavailable, broken = _download(archive, missing, audio_dir, progress)
    there = [recording for recording in known.values() if (audio_dir / recording.file).exists()]
    built = build_dataset(
        (recording.as_recording(audio_dir) for recording in there),
        folder,
        replace(options, taxa=(*options.taxa, *_taxa_of(there))),
    )
    built = replace(built, refused=(*refused, *unavailable, *built.refused))
    n_new = len(missing) - len(unavailable) - len(broken)
    return Fetched(save_built(built), n_new, len(built.dataset.clips), built.refused, tuple(broken))


def sort_by_terms(
    recordings: Iterable[XenoCantoRecording], terms: Terms
) -> tuple[list[XenoCantoRecording], list[Refused]]:
    """Part what may be used and had from what may not."""
    accepted: list[XenoCantoRecording] = []
    refused: list[Refused] = []
    for recording in recordings:
        reason = terms.refuse(recording.license)
        if reason is None and not recording.download_url:
            reason = "Xeno-canto does not give its sound away"
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
    bar = progress.add_task("fetch sounds", total=len(recordings))
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
    """Name the taxa as the archive does; the code is made of the scientific name, as BirdNET's are."""
    return tuple(
        Taxon(slug_of(r.scientific_name), r.scientific_name, r.common_name, r.taxonomic_class) for r in recordings
    )
