"""After the last fault: all that was begun comes to its end, and what faults cost is run again."""

import time
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.orphaned_audio import delete_orphans
from tests.soak.faults.servers import restore
from tests.soak.patience import PatientClient
from tests.soak.promises import Promises
from tests.soak.stack import Stack, log_of

_SETTLE_S = 240.0


def settle(stack: Stack, promises: Promises, client: PatientClient, seconds: float = _SETTLE_S) -> None:
    restore(stack)
    for disk in stack.disks.values():
        disk.empty()
    for process in stack.service.deployables:
        try:
            process.wait_ready()
        except AssertionError as error:
            promises.differ(f"{log_of(process)} is not ready after all faults: {str(error)[-500:]}")
    _wait_idle(stack, promises, seconds)
    if _run_again(stack, promises, client):
        _wait_idle(stack, promises, seconds)


def _wait_idle(stack: Stack, promises: Promises, seconds: float) -> None:
    """Wait until no analysis is under way, no job waits in the outbox, no message in a lane."""
    deadline = time.monotonic() + seconds
    while True:
        left = _what_is_left(stack)
        if not left:
            return
        if time.monotonic() > deadline:
            promises.differ(f"not settled after {seconds:.0f} s: {left}")
            return
        time.sleep(0.5)


def _what_is_left(stack: Stack) -> list[str]:
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        left = [
            f"analysis {row['id']} is {row['state']}: {row['segments']}"
            for row in connection.execute(
                "SELECT a.id, a.state, array_agg(s.segment_index || ' ' || s.state || ' ' || s.attempts) AS segments "
                "FROM analyses AS a JOIN segments AS s ON s.analysis_id = a.id "
                "WHERE a.state <> 'finished' GROUP BY a.id, a.state"
            )
        ]
        waiting = connection.execute("SELECT id, analysis_id FROM outbox WHERE published_at IS NULL").fetchall()
    left += [f"job {row['id']} of {row['analysis_id']} waits in the outbox" for row in waiting]
    vhost = stack.broker_url.rpartition("/")[2]
    queues: list[dict[str, Any]] = stack.rabbit.manage("GET", f"/api/queues/{vhost}").json()
    return left + [f"{each['messages']} messages in {each['name']}" for each in queues if each.get("messages")]


def _run_again(stack: Stack, promises: Promises, client: PatientClient) -> int:
    """Retry what failed or is partial, as a user does; return how many."""
    wished = {
        each for owned in promises.recordings if not owned.is_deleted for each in owned.analyses - owned.cancelled
    }
    with_audio = {each.id for each in promises.recordings if each.has_audio and not each.is_deleted}
    again = 0
    for row in failed_analyses(stack):
        promises.count(f"analyses {row['result']} by faults")
        if row["recording_id"] in with_audio and (row["id"] in wished or row["result"] != "cancelled"):
            answer = client.ask("retry", "POST", f"/v1/analyses/{row['id']}/retry")
            again += answer.status == 202
            if answer.status != 202:
                promises.differ(f"retry of {row['id']}, {row['result']}: {answer.status} {answer.response.text[:200]}")
    return again


def failed_analyses(stack: Stack) -> list[dict[str, Any]]:
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT id, recording_id, result FROM analyses WHERE result IN ('failed', 'partial') ORDER BY id"
        ).fetchall()


def clean(stack: Stack) -> None:
    """Have a day pass for bytes that nobody owns, and the cleaner run."""
    with psycopg.connect(stack.database_url) as connection:
        # Files of exports that are ready are listed, too: for the day on which they expire.
        connection.execute(
            "UPDATE audio_to_delete SET due_at = now() WHERE store_key NOT IN "
            "(SELECT store_key FROM exports WHERE state = 'ready' UNION ALL SELECT store_key FROM upload_parts)"
        )
    with Database(stack.database_url, max_size=2) as database:
        delete_orphans(database, open_audio_store(stack.kept.url).delete)
