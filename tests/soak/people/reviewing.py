"""Events are reviewed, reviewed otherwise, and reviews are taken back."""

from uuid import UUID

from tests.soak.people.person import Person, heard
from tests.soak.promises import Event, Promised, Verdict

_WORDS: tuple[Verdict, ...] = (
    ("confirmed", None),
    ("uncertain", None),
    ("rejected", None),
    ("rejected", "Tonus 500"),
    ("rejected", "Tonus 4000"),
)


def review(person: Person) -> None:
    """Decide on an event, perhaps otherwise than before, and sometimes take it back."""
    recording = person.pick()
    document = recording and person.finished(recording)
    if recording is None or not document:
        return
    answer = person.client.ask("read", "GET", f"/v1/analyses/{heard(document)}/detections")
    if answer.status != 200 or not answer.response.json()["items"]:
        person.promises.differ(f"analysis {heard(document)} succeeded, and its events are answered {answer.status}")
        return
    found = person.rng.choice(answer.response.json()["items"])
    event = (found["code"], round(found["onset_s"] * 1000), round(found["offset_s"] * 1000))
    for _ in range(person.rng.randint(1, 3)):
        _decide(person, recording, event)
    if person.rng.random() < 0.3:
        _undo(person, recording, event)


def _decide(person: Person, recording: Promised, event: Event) -> None:
    verdict, corrected = person.rng.choice(_WORDS)
    said = {
        "recording_id": str(recording.id), "taxon": event[0], "onset_s": event[1] / 1000, "offset_s": event[2] / 1000,
        "verdict": verdict, "reviewer": person.name,
    } | ({"corrected_taxon": corrected} if corrected else {})  # fmt: skip
    answer = person.client.ask("review", "POST", "/v1/reviews", json=said, headers=person.key())
    if answer.status not in (200, 201):
        person.promises.differ(f"a review of {recording.id} is answered {answer.status}: {answer.response.text[:200]}")
        return
    document = answer.response.json()
    known = recording.review_ids.setdefault(event, UUID(document["id"]))
    if known != UUID(document["id"]):
        person.promises.differ(f"review {known} of {recording.id} was replaced by {document['id']}")
    recording.reviewer = person.name
    recording.reviews[event] = (verdict, corrected)
    person.promises.count("reviews")


def _undo(person: Person, recording: Promised, event: Event) -> None:
    review_id = recording.review_ids.pop(event, None)
    if review_id is None:
        return
    answer = person.client.ask("review", "DELETE", f"/v1/reviews/{review_id}")
    if answer.status != 204 and not (answer.status == 404 and answer.unanswered):
        person.promises.differ(f"removing the review {review_id} is answered {answer.status}")
    recording.reviews.pop(event)
    person.promises.count("reviews taken back")
