"""Recordings are deleted, and their audio is removed by retention and brought back."""

import os
import subprocess
import sys
import time

import psycopg

from tests.soak.people.person import Person
from tests.soak.people.uploading import repeat, upload
from tests.soak.promises import Promised

_PATIENCE_S = 60.0


def delete(person: Person) -> None:
    recording = person.pick()
    if recording is None or (recording.reviews and person.rng.random() < 0.7):
        return
    answer = person.client.ask("delete", "DELETE", f"/v1/recordings/{recording.id}")
    if answer.status != 204 and not (answer.status == 404 and answer.unanswered):
        person.promises.differ(f"deleting {recording.id} is answered {answer.status}")
    recording.is_deleted = True
    person.promises.count("recordings deleted")


def retain(person: Person) -> None:
    """Have retention remove the audio of one recording; send it again in half of the cases."""
    recording = upload(person)
    if recording is None or not person.wait_finished(recording):
        return
    while not person.over.is_set():
        if _let_pass_a_day(person, recording) and _run_retention(person, recording.site):
            break
        time.sleep(0.5)
    recording.has_audio = False
    person.promises.count("audio removed by retention")
    if person.rng.random() < 0.5:
        repeat(person, recording)


def _let_pass_a_day(person: Person, recording: Promised) -> bool:
    """What has just been analyzed is left alone; return whether the database could be told that a day went by."""
    try:
        with psycopg.connect(person.stack.database_url, connect_timeout=5) as connection:
            connection.execute(
                "UPDATE analyses SET finished_at = finished_at - interval '1 day' WHERE recording_id = %s",
                [recording.id],
            )
    except psycopg.Error:
        return False
    return True


def _run_retention(person: Person, site: str) -> bool:
    """Return whether it says that all is done; else the next run completes it."""
    service = person.stack.service
    words = ["--audio-days", "0", "--stored-days", "0", "--keep-best", "0", "--site", site, "--apply", "--json"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dawn_chorus.cli", "retention", *words],
        env={**os.environ, "CHORUS_DATABASE_URL": service.database_url, "CHORUS_STORE_URL": service.store_url},
        capture_output=True, text=True, check=False, timeout=_PATIENCE_S,
    )  # fmt: skip
    person.promises.note("retention", str(done.returncode))
    if done.returncode and "Traceback" in done.stderr:
        person.promises.differ(f"chorus retention broke: {done.stderr[-500:]}")
    return done.returncode == 0
