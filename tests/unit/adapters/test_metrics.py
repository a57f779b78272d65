"""Dashboards show 0, not "No data", of what has not happened yet, and quantiles are near the truth."""

import subprocess
import sys
from itertools import pairwise

import pytest
from prometheus_client import Counter, Histogram

from dawn_chorus.adapters import metrics

LABELED: dict[str, dict[str, tuple[str, ...]]] = {
    "api": {
        "chorus_uploads": metrics.UPLOAD_OUTCOMES,
        "chorus_resumable_uploads": ("begun", "joined", "deleted", "expired", "broken"),
        "chorus_exports": ("ready", "failed", "expired"),
    },
    "relay": {"chorus_dead_letters": (*metrics.DEAD_LETTER_REASONS, "unknown")},
    "worker": {
        "chorus_deliveries": ("acked", "requeued", "dead"),
        "chorus_segment_failures": ("UndecodableAudio", "NothingHeard", "TransientError", "UnknownPack"),
        "chorus_queue_wait_seconds_count": ("express", "bulk"),
        "chorus_stage_seconds_count": ("fetch", "decode", "resample", "mel", "inference", "score", "save"),
        "chorus_segments": ("done", "failed", "retried", "skipped"),
        "chorus_audio_analyzed_seconds": ("synthetic",),
    },
}
BEGIN = {
    "api": "from dawn_chorus.api.app import create_app\n"
    "from dawn_chorus.api.settings import ApiSettings\n"
    "from dawn_chorus.adapters.audio_store import open_audio_store\n"
    "from dawn_chorus.adapters.postgres.database import Database\n"
    "create_app(ApiSettings(), Database('postgresql://127.0.0.1:1/none'), open_audio_store('file:///tmp/none'))",
    "relay": "from dawn_chorus.relay.dead_letters import DeadLetterWriter\nDeadLetterWriter(None)",
    "worker": "from dawn_chorus.worker.segment_metrics import expect_segments\n"
    "from dawn_chorus.adapters import metrics\nexpect_segments()\nmetrics.expect_outcomes('synthetic')",
}
PRINT = "\nfrom prometheus_client import generate_latest\nprint(generate_latest().decode())"


@pytest.mark.parametrize("service", LABELED)
def test_a_service_that_has_done_nothing_tells_0_of_all_that_it_counts(service: str) -> None:
    code = BEGIN[service] + PRINT
    text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for name, labels in LABELED[service].items():
        zeros = [
            line
            for line in text.splitlines()
            if line.startswith((f"{name}{{", f"{name}_total{{"))
            if line.endswith(" 0.0")
        ]
        for label in labels:
            assert any(f'="{label}"' in line for line in zeros), (name, label)
    if service == "api":
        for status in ("202", "500", "503"):
            wanted = f'chorus_api_requests_total{{method="POST",route="/v1/recordings",status="{status}"}} 0.0'
            assert wanted in text.splitlines()


def test_every_counter_with_labels_is_among_them() -> None:
    counters = [each for each in vars(metrics).values() if isinstance(each, Counter) and each._labelnames]
    names = {counter._name for counter in counters}
    assert names - {name for each in LABELED.values() for name in each} == {"chorus_api_requests"}


@pytest.mark.parametrize("histogram", [metrics.queue_wait_seconds, metrics.stage_seconds, metrics.api_request_seconds])
def test_a_quantile_of_a_duration_is_at_most_28_percent_too_high(histogram: Histogram) -> None:
    ends = [float(end) for end in histogram._kwargs["buckets"]]
    assert max(high / low for low, high in pairwise(ends)) <= 1.2801


def test_waits_are_told_apart_from_a_tenth_of_a_second_to_a_day() -> None:
    ends = metrics.queue_wait_seconds._kwargs["buckets"]
    assert (min(ends), max(ends)) == (0.1, 86400)
