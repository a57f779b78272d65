"""Checks that a recording's audio is in the store, and locks it there for a transaction."""

from datetime import UTC, datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.errors import AudioRemoved, NotFound

_sql = load_queries("recordings")


def lock_audio(connection: Connection, recording_id: UUID) -> Row:
    """Lock the recording, so that retention cannot remove its audio until the end of the transaction; return its row.

    Raises NotFound, AudioRemoved.
    """
    row: Row | None = _sql.lock_recording(connection, recording_id=recording_id)
    if row is None:
        raise NotFound(f"no recording {recording_id}")
    check_audio(recording_id, row["audio_removed_at"])
    return row


def check_audio(recording_id: UUID, audio_removed_at: datetime | None) -> None:
    """Raise AudioRemoved if retention removed the audio."""
    if audio_removed_at is not None:
        when = audio_removed_at.astimezone(UTC).isoformat(timespec="seconds")
        raise AudioRemoved(
            f"the audio of recording {recording_id} was removed by retention at {when}, its results are kept; upload "
            "the same file again, for the same site and time, to restore it"
        )
