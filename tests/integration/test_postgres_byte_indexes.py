"""Byte indexes are kept by the bytes' checksum, once, and as long as a recording has these bytes."""

from dawn_chorus.adapters.postgres.byte_indexes import (
    NO_INDEX,
    delete_stray_byte_indexes,
    get_byte_index,
    save_byte_index,
)
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, ByteIndex, Place

KNOWN, STRAY = "a" * 64, "b" * 64
INDEX = ByteIndex("mp3float", 1152, 1105, 900, 417, (2048, 175_000, 348_000, 5_000_000_000))


def test_an_index_is_read_back_as_it_was_saved_first(database: Database) -> None:
    assert get_byte_index(database, KNOWN) is None
    save_byte_index(database, KNOWN, INDEX)
    save_byte_index(database, KNOWN, NO_INDEX)
    assert get_byte_index(database, KNOWN) == INDEX
    save_byte_index(database, STRAY, NO_INDEX)
    assert get_byte_index(database, STRAY) == NO_INDEX


def test_indexes_of_bytes_that_no_recording_has_are_deleted(database: Database) -> None:
    audio = AudioFacts("mp3", 23.0, 44100, 1)
    create_recording(
        database, NewRecording("a.mp3", "key", 10, KNOWN, audio, Place()), AnalysisRequest("birdnet", Lane.EXPRESS)
    )
    for sha256 in (KNOWN, STRAY):
        save_byte_index(database, sha256, INDEX)
    assert delete_stray_byte_indexes(database) == 1
    assert get_byte_index(database, KNOWN) == INDEX
    assert get_byte_index(database, STRAY) is None
