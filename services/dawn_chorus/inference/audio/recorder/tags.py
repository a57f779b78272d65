"""The tags of files that are no WAV: a comment keeps its words if a recording is converted to FLAC, Ogg or M4A."""

from pathlib import Path

from dawn_chorus.domain.names import displayed
from dawn_chorus.inference.audio.ffmpeg_reader import open_container


def read_tags(path: Path) -> dict[str, str]:
    """Return the tags of the file and of its first sound track, by names in lower case."""
    with open_container(f"file:{path}") as container:
        tags = [container.metadata, *(track.metadata for track in container.streams.audio[:1])]
        return {displayed(name.lower()): displayed(text) for each in tags for name, text in each.items()}
