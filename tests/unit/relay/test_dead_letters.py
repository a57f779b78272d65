from uuid import UUID

import pytest

from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.relay.dead_letters import read_dead_letter

JOB = SegmentJob(UUID("0197a000-0000-7000-8000-000000000001"), 3, Lane.BULK)


class FakeDelivery:
    def __init__(self, body: bytes, reason: str) -> None:
        self.body, self.reason, self.returns = body, reason, 0

    def ack(self) -> None: ...

    def reject(self, *, requeue: bool) -> None: ...


def test_the_reason_after_too_many_redeliveries_is_lost_workers() -> None:
    job, reason = read_dead_letter(FakeDelivery(encode_job(JOB), "delivery_limit"))
    assert job == JOB
    assert reason.startswith("worker lost 6 times")


@pytest.mark.parametrize(("reason", "shown"), [("rejected", "rejected"), ("maxlen", "maxlen"), ("", "no reason given")])
def test_any_other_reason_is_shown_as_the_broker_reports_it(reason: str, shown: str) -> None:
    assert read_dead_letter(FakeDelivery(encode_job(JOB), reason)) == (JOB, f"the queue gave the segment up ({shown})")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'{"version": 2}', b'{"version": 1}'])
def test_an_unreadable_message_has_no_job_and_a_reason(body: bytes) -> None:
    job, reason = read_dead_letter(FakeDelivery(body, "rejected"))
    assert job is None
    assert reason.startswith("unreadable message")
