from uuid import UUID

import pytest

from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.relay.dead_letters import read_letter

JOB = SegmentJob(UUID("0197a000-0000-7000-8000-000000000001"), 3, Lane.BULK)


class Letter:
    def __init__(self, body: bytes, reason: str) -> None:
        self.body, self.reason, self.returns = body, reason, 0

    def ack(self) -> None: ...

    def reject(self, *, requeue: bool) -> None: ...


def test_a_letter_that_came_back_too_often_tells_of_lost_workers() -> None:
    job, reason = read_letter(Letter(encode_job(JOB), "delivery_limit"))
    assert job == JOB
    assert reason.startswith("worker lost 6 times")


@pytest.mark.parametrize(("word", "told"), [("rejected", "rejected"), ("maxlen", "maxlen"), ("", "no reason given")])
def test_a_letter_that_died_otherwise_tells_the_brokers_word(word: str, told: str) -> None:
    assert read_letter(Letter(encode_job(JOB), word)) == (JOB, f"the queue gave the segment up ({told})")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'{"version": 2}', b'{"version": 1}'])
def test_a_letter_that_cannot_be_read_has_no_job_and_says_what_is_wrong(body: bytes) -> None:
    job, reason = read_letter(Letter(body, "rejected"))
    assert job is None
    assert reason.startswith("unreadable message")
