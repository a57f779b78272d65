"""A recording as Xeno-canto describes it, and the table of whom to credit."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin

from dawn_chorus.domain.names import AUDIO_SUFFIXES
from models.workshop.data.license_terms import name_license
from models.workshop.data.manifest import write_table
from models.workshop.data.recordings import Recording
from models.workshop.data.whole_file import written_whole

_CLASSES = {
    "birds": "Aves",
    "frogs": "Amphibia",
    "grasshoppers": "Insecta",
    "bats": "Mammalia",
    "land mammals": "Mammalia",
}
_UNIDENTIFIED = frozenset({"Sonus naturalis", "Mystery mystery"})
"""Names that Xeno-canto uses for soundscapes and unidentified species."""


@dataclass(frozen=True, slots=True)
class XenoCantoRecording:
    """One row of attribution.csv; every field is the API's text, with URLs completed."""

    id: str
    file: str
    """Name of the audio file."""
    scientific_name: str
    common_name: str
    taxonomic_class: str
    recordist: str
    license: str
    """SPDX name."""
    license_url: str
    url: str
    """The recording's page."""
    country: str
    locality: str
    date: str
    type: str
    quality: str
    also: str
    """Species in the background, separated by `;`."""
    download_url: str
    """Empty if the archive does not offer the audio, as for threatened species."""

    def as_recording(self, audio_dir: Path) -> Recording:
        """Return the recording for a dataset; all recordings of one recordist, day and place form one group."""
        unidentified = self.scientific_name in _UNIDENTIFIED
        return Recording(
            audio_dir / self.file,
            () if unidentified else (self.scientific_name,),
            self.license,
            self.url,
            f"{self.recordist}, {self.date}, {self.locality}",
            "soundscape" if unidentified else "focal",
            self.taxonomic_class,
            tuple(name for name in self.also.split(";") if name),
        )


def parse_recording(row: Mapping[str, object], base_url: str) -> XenoCantoRecording:
    """Return a recording from the API's response; raises ValueError without a number, which the file is named after."""
    text = {name: str(value) for name, value in row.items() if isinstance(value, str | int | float)}
    number = text.get("id", "")
    if not re.fullmatch(r"\d+", number):
        raise ValueError(f"a recording without a catalog number: {number!r}")

    def address(name: str) -> str:
        return urljoin(base_url, text[name]) if text.get(name) else ""

    also = row.get("also")
    return XenoCantoRecording(
        id=number,
        file=f"XC{number}{_suffix(text.get('file-name', ''))}",
        scientific_name=f"{text.get('gen', '')} {text.get('sp', '')}".strip(),
        common_name=text.get("en", ""),
        taxonomic_class=_CLASSES.get(text.get("grp", text.get("group", "")), "unknown"),
        recordist=text.get("rec", ""),
        license=name_license(text.get("lic", "")),
        license_url=address("lic"),
        url=address("url") or f"https://xeno-canto.org/{number}",
        country=text.get("cnt", ""),
        locality=text.get("loc", ""),
        date=text.get("date", ""),
        type=text.get("type", ""),
        quality=text.get("q", ""),
        also=";".join(str(name) for name in also if name) if isinstance(also, list) else "",
        download_url=address("file"),
    )


def load_attribution(path: Path) -> dict[str, XenoCantoRecording]:
    """Return the rows of attribution.csv by number; empty if the file does not exist yet."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"]: XenoCantoRecording(**row) for row in csv.DictReader(file)}


def save_attribution(path: Path, recordings: Iterable[XenoCantoRecording]) -> None:
    names = [entry.name for entry in fields(XenoCantoRecording)]
    rows = [list(asdict(recording).values()) for recording in sorted(recordings, key=lambda r: int(r.id))]
    with written_whole(path) as partial:
        write_table(partial, names, rows)


def _suffix(file_name: str) -> str:
    suffix = PurePosixPath(file_name).suffix.lower()
    return suffix if suffix in AUDIO_SUFFIXES else ".mp3"
