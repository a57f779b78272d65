"""Recordings are sent: in one piece, in parts with a line that breaks, again, and what is none."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx

from tests.servers.tus import BYTES, VERSION, checksum, metadata
from tests.soak.patience import Answered, CutOff
from tests.soak.people.person import Person
from tests.soak.promises import Promised
from tests.soak.sounds import N_SOUNDS, Sound, make_sound, spoil

_TAKEN = (200, 202)
_GONE = (404, 410)


def upload(person: Person, site: str | None = None) -> Promised | None:
    """Send a recording as a form."""
    return keep_sound(person, make_sound(person.rng.randrange(N_SOUNDS)), site)


def keep_sound(person: Person, sound: Sound, site: str | None = None) -> Promised | None:
    site = site or person.new_site()
    return _keep(person, sound, site, _post(person, sound, site))


def send_again(person: Person) -> None:
    """The same bytes at the same site are the recording that is there."""
    recording = person.pick()
    if recording is not None:
        repeat(person, recording)


def repeat(person: Person, recording: Promised) -> None:
    answer = _post(person, recording.sound, recording.site, "upload again")
    recording.sends += answer.sends
    if answer.status not in _TAKEN:
        person.promises.differ(f"{recording.id} sent again is answered {answer.status}: {answer.response.text[:200]}")
        return
    document = answer.response.json()
    if UUID(document["id"]) != recording.id:
        person.promises.differ(f"{recording.id} sent again became {document['id']}")
    recording.analyses |= {UUID(each["id"]) for each in document["analyses"]}
    recording.has_audio = True
    person.promises.count("uploads of known bytes")


def send_rubbish(person: Person) -> None:
    """What is no recording is refused, and leaves nothing."""
    content = spoil(make_sound(0))
    words = {"files": {"file": ("diary.wav", content)}, "data": {"site": person.new_site()}}
    answer = person.client.ask("bad file", "POST", "/v1/recordings", headers=person.key(), **words)
    if not 400 <= answer.status < 500:
        person.promises.differ(f"a diary was answered {answer.status}: {answer.response.text[:200]}")
    person.promises.refused.add(Sound(0, content).sha256)
    person.promises.count("bad files refused")


def upload_in_parts(person: Person) -> None:
    """Send a recording in parts: some are cut, some have a checksum, some uploads are deleted on the way."""
    sound = make_sound(person.rng.randrange(N_SOUNDS))
    headers = {**VERSION, **metadata(filename="dawn.wav"), "Upload-Length": str(len(sound.content))}
    begun = person.client.ask("tus", "POST", "/v1/uploads", headers=headers)
    if begun.status != 201:
        person.promises.differ(f"an upload in parts began with {begun.status}: {begun.response.text[:200]}")
        return
    path, offset = begun.response.headers["location"], 0
    given_up_at = len(sound.content) // 2 if person.rng.random() < 0.15 else len(sound.content)
    while offset < given_up_at:
        _send_part(person, path, offset, sound.content)
        offset = _offset(person, path)
        if offset < 0:
            return
    if given_up_at < len(sound.content):
        _give_up(person, path, sound)
    else:
        _become(person, path, sound)


def _send_part(person: Person, path: str, offset: int, content: bytes) -> None:
    rng = person.rng
    part = content[offset : offset + rng.randint(len(content) // 6 + 1, len(content) // 2 + 1)]
    headers = {**VERSION, **BYTES, "Upload-Offset": str(offset)}
    body: Any = part
    if rng.random() < 0.3:
        headers["Content-Length"] = str(len(part))
        body = _cut(part, rng.randint(0, len(part) - 1))
    elif rng.random() < 0.5:
        headers |= checksum(part)
    person.client.once("tus", "PATCH", path, headers=headers, content=body)


def _cut(part: bytes, after: int) -> Iterator[bytes]:
    yield part[:after]
    raise CutOff


def _offset(person: Person, path: str) -> int:
    """Ask where to go on; -1: nowhere."""
    answer = person.client.ask("tus", "HEAD", path, headers=VERSION)
    if answer.status != 200:
        person.promises.differ(f"an upload under way, {path}, is answered {answer.status}")
        return -1
    return int(answer.response.headers["upload-offset"])


def _give_up(person: Person, path: str, sound: Sound) -> None:
    answer = person.client.ask("tus", "DELETE", path, headers=VERSION)
    if answer.status not in (204, *_GONE):
        person.promises.differ(f"deleting the upload {path} is answered {answer.status}")
    person.promises.refused.add(sound.sha256)
    person.promises.count("uploads in parts deleted")


def _become(person: Person, path: str, sound: Sound) -> None:
    site = person.new_site()
    fields = {"upload": path.rpartition("/")[2], "site": site}
    answer = person.client.ask("upload", "POST", "/v1/recordings", headers=person.key(), data=fields)
    if answer.status == 410 and answer.unanswered:  # an answer that was lost had made it one; this one says which
        became = person.client.ask("read", "GET", f"/v1/recordings/{answer.response.json()['recording_id']}")
        answer = Answered(became.response, answer.sends, answer.unanswered)
    if _keep(person, sound, site, answer) is not None:
        person.promises.count("uploads in parts")


def _post(person: Person, sound: Sound, site: str, kind: str = "upload") -> Answered:
    headers = person.key()

    def send() -> httpx.Response | None:
        files = {"file": ("dawn.wav", sound.content)}
        return person.client.once(kind, "POST", "/v1/recordings", headers=headers, files=files, data={"site": site})

    return person.client.insist(send, f"upload {sound.sha256}")


def _keep(person: Person, sound: Sound, site: str, answer: Answered) -> Promised | None:
    if answer.status not in _TAKEN:
        person.promises.differ(
            f"a recording, {sound.sha256}, was answered {answer.status}: {answer.response.text[:200]}"
        )
        return None
    document = answer.response.json()
    if document["sha256"] != sound.sha256:
        person.promises.differ(f"{document['id']} is answered with sha256 {document['sha256']}, sent {sound.sha256}")
    analyses = {UUID(each["id"]) for each in document["analyses"]}
    recording = Promised(UUID(document["id"]), sound, site, answer.sends, analyses)
    person.own.append(person.promises.keep(recording))
    person.promises.count("uploads kept")
    return recording
