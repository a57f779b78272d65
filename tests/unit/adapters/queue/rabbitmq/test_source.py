from dawn_chorus.adapters.queue.rabbitmq.source import read_death_reason


def test_a_message_that_was_never_dead_lettered_has_no_reason() -> None:
    assert read_death_reason(None) == ""
    assert read_death_reason({"x-delivery-count": 2}) == ""


def test_waiting_in_the_retry_queue_is_no_dead_lettering() -> None:
    assert read_death_reason({"x-death": [{"queue": "chorus.segments.retry", "reason": "expired"}]}) == ""


def test_the_latest_dead_lettering_from_a_lane_is_the_reason() -> None:
    deaths = [
        {"queue": "chorus.segments.bulk", "reason": "delivery_limit"},
        {"queue": "chorus.segments.retry", "reason": "expired"},
        {"queue": "chorus.segments.bulk", "reason": "rejected"},
    ]
    assert read_death_reason({"x-death": deaths}) == "delivery_limit"
