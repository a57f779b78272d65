"""Recordings are analyzed again; analyses are cancelled, and run again."""

from uuid import UUID

from tests.soak.people.person import Person


def analyze_again(person: Person) -> None:
    recording = person.pick()
    if recording is None:
        return
    headers = person.key(1.0)
    answer = person.client.ask("analysis", "POST", f"/v1/recordings/{recording.id}/analyses", json={}, headers=headers)
    if answer.status != 202:
        person.promises.differ(
            f"an analysis of {recording.id} is answered {answer.status}: {answer.response.text[:200]}"
        )
        return
    analysis_id = UUID(answer.response.json()["id"])
    recording.unsure_analyses += answer.unanswered
    recording.analyses.add(analysis_id)
    person.promises.count("analyses begun again")
    if person.rng.random() < 0.5:
        _change(person, analysis_id, "cancel", 200)
        recording.cancelled.add(analysis_id)
        if person.rng.random() < 0.5:
            _change(person, analysis_id, "retry", 202)
            recording.cancelled.discard(analysis_id)


def _change(person: Person, analysis_id: UUID, word: str, status: int) -> None:
    """Cancel or retry; 409: there is nothing to cancel or to retry."""
    answer = person.client.ask(word, "POST", f"/v1/analyses/{analysis_id}/{word}", headers=person.key(1.0))
    if answer.status not in (status, 409):
        person.promises.differ(f"{word} of {analysis_id} is answered {answer.status}: {answer.response.text[:200]}")
    person.promises.count(f"{word}: {answer.status}")
