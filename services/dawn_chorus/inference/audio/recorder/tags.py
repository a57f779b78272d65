"""The tags of files that are no WAV: a comment keeps its words if a recording is converted to FLAC, Ogg or M4A."""

from dawn_chorus.domain.names import displayed
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.ffmpeg_reader import open_container


def read_tags(audio: AudioFile) -> dict[str, str]:
    """Return the tags of the file and of its first sound track, by names in lower case."""
    with open_container(FileBytes(audio).for_ffmpeg()) as container:
        tags = [container.metadata, *(track.metadata for track in container.streams.audio[:1])]
        return {displayed(name.lower()): displayed(text) for each in tags for name, text in each.items()}
