"""Sound is looked at and listened to, and exports are made of what was found."""

import hashlib
import time
from typing import Any

from tests.soak.people.person import Person

_EXPORT_S = 60.0
_KEPT = 5


def listen(person: Person) -> None:
    """Look at a picture, play a clip, fetch the original: of one sound always the same."""
    recording = person.pick()
    if recording is None:
        return
    index = person.rng.randrange(2)
    answer = person.client.ask("picture", "GET", f"/v1/recordings/{recording.id}/spectrogram/4/{index}.webp")
    digest = hashlib.sha256(answer.response.content).hexdigest()
    if answer.status != 200 or not person.promises.same_tile(recording.sound.number, index, digest):
        person.promises.differ(
            f"picture {index} of {recording.id}: {answer.status}, {digest[:12]}: another one than before"
        )
    path = f"/v1/recordings/{recording.id}/clip?start_s={person.rng.randrange(3)}&end_s=5"
    answer = person.client.ask("clip", "GET", path)
    if answer.status != 200 or answer.response.content[:4] != b"fLaC":
        person.promises.differ(f"a clip of {recording.id}: {answer.status} {answer.response.text[:200]!r}")
    if person.rng.random() < 0.3:
        answer = person.client.ask("audio", "GET", f"/v1/recordings/{recording.id}/audio")
        if answer.status != 200 or answer.response.content != recording.sound.content:
            person.promises.differ(
                f"the audio of {recording.id}: {answer.status}, {len(answer.response.content)} bytes"
            )
    person.promises.count("pictures and clips")


def export(person: Person) -> None:
    """Have a table made, which must be the list of that site."""
    recording = person.pick()
    if recording is None or not person.finished(recording):
        return
    wanted = {"format": "csv", "site": recording.site}
    asked = person.client.ask("export", "POST", "/v1/exports", json=wanted, headers=person.key(1.0))
    if asked.status != 202:
        person.promises.differ(f"an export is answered {asked.status}: {asked.response.text[:200]}")
        return
    path = f"/v1/exports/{asked.response.json()['id']}"
    document = _wait_ended(person, path)
    if document["state"] == "ready":
        file = person.client.ask("export", "GET", f"{path}/file")
        listed = person.client.ask("read", "GET", "/v1/detections", params=wanted)
        # Addresses in it are of the API that was asked.
        if (file.status, listed.status) != (200, 200) or _rows(file.response.text) != _rows(listed.response.text):
            person.promises.differ(
                f"export {path} ({file.status}) is not the list of {recording.site} ({listed.status})"
            )
        person.promises.count("exports fetched")
    elif document["state"] == "failed":
        person.promises.count(f"exports failed: {document['error']}")
    # One caller may keep 50 that are ready; a few stay, so that their files are looked at in the end.
    person.kept_exports += (stays := person.kept_exports < _KEPT and document["state"] == "ready")
    if not stays:
        gone = person.client.ask("export", "DELETE", path)
        if gone.status != 204 and not (gone.status == 404 and gone.unanswered):
            person.promises.differ(f"removing the export {path} is answered {gone.status}")


def _wait_ended(person: Person, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + _EXPORT_S
    while True:
        answer = person.client.ask("export", "GET", path)
        document: dict[str, Any] = answer.response.json() if answer.status == 200 else {"state": str(answer.status)}
        if document["state"] not in ("waiting", "running"):
            return document
        if time.monotonic() > deadline:
            person.promises.differ(f"the export {path} is {document['state']} after {_EXPORT_S:.0f} s")
            return document
        time.sleep(0.3)


def _rows(table: str) -> list[str]:
    """Return the rows without the ports of the APIs."""
    return sorted(line.partition("http://")[0] for line in table.splitlines())
