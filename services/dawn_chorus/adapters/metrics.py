"""All metrics of the house, in the order of a recording's way through it.

Names are `chorus_<thing>_<unit>` (counters `…_total`), in seconds and bytes; labels are bounded (a stage, an outcome,
an installed pack), never an id.
"""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

_STAGE_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_WAIT_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

# -- API

api_requests = Counter("chorus_api_requests_total", "Requests answered.", ["method", "route", "status"])
"""`route` is the template (`/v1/recordings/{id}`), never the path; `unmatched` where there is none."""
api_request_seconds = Histogram(
    "chorus_api_request_seconds", "Time until the answer began.", ["method", "route"], buckets=_REQUEST_S
)
uploads = Counter("chorus_uploads_total", "Uploads, by what became of them.", ["outcome"])
"""`accepted`, `duplicate`, `too_large`, `not_audio`, `invalid`, `interrupted`, `unavailable`."""
upload_bytes = Counter("chorus_upload_bytes_total", "Bytes received in uploads, refused ones included.")
upload_audio_seconds = Counter("chorus_upload_audio_seconds_total", "Seconds of sound accepted, as headers claim.")
uploads_in_flight = Gauge("chorus_uploads_in_flight", "Uploads being received or looked at.")
event_streams = Gauge("chorus_api_event_streams", "Clients that follow an analysis at this moment.")
store_bytes = Gauge("chorus_store_bytes", "Space of the volume with the audio, where it is a folder.", ["space"])
"""`free` and `total`."""

# -- Relay

outbox_published = Counter("chorus_outbox_published_total", "Jobs that the broker confirmed.")
outbox_failures = Counter("chorus_outbox_failures_total", "Rounds of the relay that failed and will be repeated.")
outbox_waiting = Gauge("chorus_outbox_waiting", "Jobs that wait to be published.")
outbox_lag_seconds = Gauge("chorus_outbox_lag_seconds", "Age of the oldest job that waits to be published.")
backlog_segments = Gauge("chorus_backlog_segments", "Segments that wait or are in work.", ["lane"])
backlog_audio_seconds = Gauge("chorus_backlog_audio_seconds", "Seconds of sound in these segments.", ["lane"])
backlog_oldest_seconds = Gauge("chorus_backlog_oldest_seconds", "Since the oldest of them was queued.", ["lane"])
dead_letters = Counter("chorus_dead_letters_total", "Messages no worker could finish, by why they died.", ["reason"])
"""The broker's word: `delivery_limit`, `rejected`, `expired`, `maxlen`; or `unknown`."""

# -- Worker

deliveries = Counter("chorus_deliveries_total", "Jobs taken from the queue, by how they were let go.", ["outcome"])
"""`acked`, `requeued` (a bug, or the worker stopped), `dead` (a message of an unknown version)."""
redeliveries = Counter("chorus_redeliveries_total", "Segments started that had been attempted before.")
segments_in_flight = Gauge("chorus_segments_in_flight", "Segments in a worker's hands.")
queue_wait_seconds = Histogram(
    "chorus_queue_wait_seconds", "From the time a segment was queued to its start.", ["lane"], buckets=_WAIT_S
)
segments = Counter("chorus_segments_total", "Segments ended, by outcome.", ["pack", "outcome"])
"""`done`, `failed`, `retried`, `skipped` (nothing was left to do)."""
segment_failures = Counter("chorus_segment_failures_total", "Failures and retries, by class of reason.", ["reason"])
"""The error's class name, `UndecodableAudio` for one; `NothingHeard` where all audio of a segment is lost."""
stage_seconds = Histogram("chorus_stage_seconds", "Time a segment spent in a stage.", ["stage"], buckets=_STAGE_S)
"""`fetch`, `decode`, `resample`, `mel`, `inference`, `score`, `save`."""
member_inference_seconds = Histogram(
    "chorus_member_inference_seconds", "Time a segment spent in one member.", ["pack", "member"], buckets=_STAGE_S
)
segment_seconds = Histogram(
    "chorus_segment_seconds", "From start to commit of a segment, waiting for sessions included.", buckets=_STAGE_S
)
audio_analyzed_seconds = Counter("chorus_audio_analyzed_seconds_total", "Seconds of sound analyzed.", ["pack"])
audio_lost_seconds = Counter("chorus_audio_lost_seconds_total", "Seconds of sound that could not be analyzed.")
real_time_factor_ratio = Histogram(
    "chorus_real_time_factor_ratio",
    "Seconds of work for a second of sound, by segment; below 1 is faster than real time.",
    ["pack"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
batch_fill_ratio = Histogram(
    "chorus_batch_fill_ratio",
    "Windows in a segment's batches beside what the batches could hold.",
    buckets=(0.1, 0.25, 0.5, 0.75, 0.9, 1.0),
)
ledger_retries = Counter("chorus_ledger_retries_total", "Times a worker held a segment because the database was away.")
worker_pack = Gauge(
    "chorus_worker_pack_info",
    "1 for each pack the worker has open.",
    ["device", "provider", "pack", "pack_version", "version"],
)
"""`device` was asked for, `provider` is the ONNX Runtime provider that is active; `version` is the program's."""


def expect_outcomes(pack: str) -> None:
    """Let the counts of a pack's segments begin at 0: a rate does not see a series that begins at 1."""
    for outcome in ("done", "failed", "retried"):
        segments.labels(pack, outcome)


def expect_dead_letters(reasons: Iterable[str]) -> None:
    """Likewise for dead letters: one in a year must be seen."""
    for reason in reasons:
        dead_letters.labels(reason)


def observe_stages(stage_s: dict[str, float], *, pack: str) -> None:
    """Record seconds by stage; `inference:MEMBER` is the share of one member, beside the whole `inference`."""
    for stage, seconds in stage_s.items():
        name, _, member = stage.partition(":")
        if member:
            member_inference_seconds.labels(pack, member).observe(seconds)
        else:
            stage_seconds.labels(name).observe(seconds)
