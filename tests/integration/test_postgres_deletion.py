"""A recording is deleted while analyses of it begin and end: everybody locks analyses first, so nobody deadlocks."""

import threading
from concurrent.futures import ThreadPoolExecutor

from dawn_chorus.adapters.postgres.analyses import plan_analysis
from dawn_chorus.adapters.postgres.audio_presence import lock_audio
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.domain.jobs import Lane
from tests.integration.api_checks import row_count
from tests.servers.postgres_fill import PACK, post


def test_an_analysis_that_begins_meanwhile_is_locked_before_its_recording(database: Database) -> None:
    for _ in range(10):
        recording = post(database, 60.0).recording
        begun = threading.Event()

        def hold_both(recording_id=recording.id, begun=begun) -> None:  # type: ignore[no-untyped-def]
            """Take the locks that a worker takes, of an analysis that is just being committed."""
            with database.transaction() as connection:
                begun.wait(30)
                while connection.execute("SELECT FROM recordings WHERE id = %s", [recording_id]).rowcount:
                    locked = connection.execute(
                        "SELECT FROM analyses WHERE recording_id = %s AND lane = 'bulk' FOR NO KEY UPDATE",
                        [recording_id],
                    )
                    if locked.rowcount:
                        connection.execute("SELECT pg_sleep(0.02)")
                        connection.execute("SELECT FROM recordings WHERE id = %s FOR NO KEY UPDATE", [recording_id])
                        return

        with ThreadPoolExecutor(2) as pool:
            with database.transaction() as connection:
                row = lock_audio(connection, recording.id)
                deletion = pool.submit(delete_recording, database, recording.id)
                plan_analysis(connection, row, AnalysisRequest(PACK.name, Lane.BULK))
                worker = pool.submit(hold_both)
                with database.statement() as watcher:
                    while not watcher.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount:
                        pass
                begun.set()
            worker.result(60)
            assert deletion.result(60) == recording.store_key
    assert [row_count(database, table) for table in ("recordings", "analyses", "outbox")] == [0, 0, 0]
