"""The tags of files that are no WAV: a comment keeps its words if a recording is converted to FLAC, Ogg or M4A."""

from pathlib import Path

import av

from dawn_chorus.inference.audio.ffmpeg_reader import OPEN_OPTIONS


def read_tags(path: Path) -> dict[str, str]:
    """Return the tags of the file and of its first sound track, by names in lower case."""
    with av.open(f"file:{path}", options=OPEN_OPTIONS, metadata_errors="replace") as container:
        tags = [container.metadata, *(track.metadata for track in container.streams.audio[:1])]
        return {name.lower(): text for each in tags for name, text in each.items()}
