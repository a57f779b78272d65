"""analyzed_s + failed_s = duration_s, whatever happens to an analysis."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dawn_chorus.adapters.postgres.analyses import cancel_analysis, get_status
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.domain.analysis import AnalysisResult
from dawn_chorus.domain.recording import round_s
from tests.servers.postgres_fill import FACTS, ROBIN, job, post, start, timeline_of

durations_s = st.integers(1, 40_000_000).map(lambda micros: micros / 1e6)
outcomes = st.sampled_from(["done", "lost", "failed", "retried", "extended", "twice", "left"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(duration_s=durations_s, segment_s=st.sampled_from([3.3, 7.0, 30.0]), data=st.data())
def test_the_seconds_add_up_at_every_moment(
    database: Database, duration_s: float, segment_s: float, data: st.DataObject
) -> None:
    ledger = PostgresLedger(database)
    analysis = post(database, duration_s, segment_s=segment_s).analyses[0]
    left = list(range(analysis.segments_total))
    while left:
        index = left.pop(data.draw(st.integers(0, len(left) - 1)))
        outcome = data.draw(outcomes)
        if outcome == "left":
            break
        work = start(ledger, analysis.id, index)
        if outcome == "retried":
            ledger.retry_segment(work.job, "away", 0.0)
            left.append(index)
        elif outcome == "failed":
            ledger.fail_segment(job(analysis.id, index), "lost")
        elif outcome == "extended" and work.is_last:
            duration_s = round_s(duration_s + data.draw(durations_s) / 10)
            before = get_status(database, analysis.id).analysis.segments_total
            work = ledger.extend_recording(work, duration_s)
            left += range(before, get_status(database, analysis.id).analysis.segments_total)
            ledger.save_timeline(work, timeline_of(work), FACTS)
        else:
            heard = data.draw(st.floats(0, 1)) * work.segment.duration_s if outcome == "lost" else None
            timeline = timeline_of(work, [(ROBIN, 0.0, duration_s, 0.9)], analyzed_s=heard)
            for _ in range(2 if outcome == "twice" else 1):
                ledger.save_timeline(work, timeline, FACTS)
        status = get_status(database, analysis.id)
        assert round_s(status.analyzed_s + status.failed_s) <= status.duration_s == duration_s
    if not get_status(database, analysis.id).terminal:
        assert cancel_analysis(database, analysis.id).result is AnalysisResult.CANCELLED
    status = get_status(database, analysis.id)
    assert status.terminal
    assert round_s(status.analyzed_s + status.failed_s) == duration_s
    assert status.segments_done + status.segments_failed == status.analysis.segments_total
    assert round_s(sum(failure.failed_s for failure in status.failures)) == status.failed_s
    assert all(failure.reason for failure in status.failures)
