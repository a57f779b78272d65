"""All metrics of the services, in the order in which a recording passes through them.

Names are `chorus_<thing>_<unit>` (counters `…_total`), in seconds and bytes; labels are bounded (a stage, an outcome,
an installed pack), never an id.
"""

from collections.abc import Iterable
from itertools import product

from prometheus_client import Counter, Gauge, Histogram

_TENTHS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)
"""Each bucket ends at most 1.28 times as high as the one before: a quantile is wrong by no more than that."""


def _spread(low: float, high: float) -> tuple[float, ...]:
    """Return the ends of buckets, ten to each factor of ten, from `low` to `high`, which are both among them."""
    decades = (10.0**power for power in range(-3, 6))
    ends = (float(f"{tenth * decade:.3g}") for decade in decades for tenth in _TENTHS)
    return low, *(end for end in ends if low < end < high), high


_STAGE_S = _spread(0.005, 300)
_WAIT_S = _spread(0.1, 24 * 3600)
_REQUEST_S = _spread(0.005, 60)

UNMATCHED = "unmatched"
"""The route of requests that have none."""

# -- API

api_requests = Counter("chorus_api_requests_total", "Requests answered.", ["method", "route", "status"])
"""`route` is the template (`/v1/recordings/{id}`), never the path; `unmatched` if no route matches."""
api_request_seconds = Histogram(
    "chorus_api_request_seconds", "Time until the response started.", ["method", "route"], buckets=_REQUEST_S
)
api_responses_broken_off = Counter(
    "chorus_api_responses_broken_off_total", "Long responses cut short: what they showed was changed, or an outage."
)
uploads = Counter("chorus_uploads_total", "Uploads ended, by outcome.", ["outcome"])
"""By `UPLOAD_OUTCOMES`; `disconnected`: the client went away before its last byte."""
UPLOAD_OUTCOMES = (
    "accepted", "duplicate", "conflict", "too_large", "not_audio", "invalid", "interrupted", "unavailable",
    "disconnected",
)  # fmt: skip
upload_bytes = Counter("chorus_upload_bytes_total", "Bytes received in uploads, refused ones included.")
upload_audio_seconds = Counter("chorus_upload_audio_seconds_total", "Seconds of audio accepted, as headers declare.")
uploads_in_flight = Gauge("chorus_uploads_in_flight", "Uploads being received or probed.")
resumable_uploads = Counter("chorus_resumable_uploads_total", "Uploads in parts, by what became of them.", ["outcome"])
"""`begun`, `joined` (one file is in the store), `deleted` by the client, `expired`, `broken` (a part was lost)."""
exports = Counter("chorus_exports_total", "Files made in the background, by what became of them.", ["outcome"])
"""`ready`, `failed`, `expired` (its file was given up)."""
exports_unfinished = Gauge("chorus_exports_unfinished", "Exports that wait or are made, of all processes.", ["state"])
"""`waiting` and `running`; every process tells the same."""
event_streams = Gauge("chorus_api_event_streams", "Clients connected to an event stream.")
store_bytes = Gauge("chorus_store_bytes", "Space of the audio store's volume, if the store is a folder.", ["space"])
"""`free` and `total`."""

api_info = Gauge(
    "chorus_api_info",
    "1; where browsers reach the page and the runbook, for links from dashboards.",
    ["public_url", "runbook_url"],
)
"""`CHORUS_PUBLIC_URL`, else `http://localhost:PORT`, without a slash at its end."""

API = (
    api_info,
    api_requests,
    api_request_seconds,
    uploads,
    upload_bytes,
    upload_audio_seconds,
    uploads_in_flight,
    resumable_uploads,
    exports,
    exports_unfinished,
    event_streams,
    store_bytes,
)

# -- Relay

outbox_published = Counter("chorus_outbox_published_total", "Jobs that the broker confirmed.")
outbox_failures = Counter("chorus_outbox_failures_total", "Rounds of the relay that failed and will be retried.")
outbox_waiting = Gauge("chorus_outbox_waiting", "Jobs waiting to be published.")
outbox_lag_seconds = Gauge("chorus_outbox_lag_seconds", "Age of the oldest job waiting to be published.")
backlog_segments = Gauge("chorus_backlog_segments", "Segments queued or running.", ["lane"])
backlog_audio_seconds = Gauge(
    "chorus_backlog_audio_seconds", "Seconds of audio in queued or running segments.", ["lane"]
)
backlog_oldest_seconds = Gauge(
    "chorus_backlog_oldest_seconds", "Time since the oldest queued or running segment was queued.", ["lane"]
)
dead_letters = Counter("chorus_dead_letters_total", "Dead letters stored, by reason.", ["reason"])
"""The broker's reason, of `DEAD_LETTER_REASONS`; or `unknown`."""
DEAD_LETTER_REASONS = ("delivery_limit", "rejected", "expired", "maxlen")

# -- Worker

deliveries = Counter("chorus_deliveries_total", "Jobs taken from the queue, by outcome.", ["outcome"])
"""`acked`, `requeued` (a bug, or the worker stopped), `dead` (a message of an unknown version)."""
redeliveries = Counter("chorus_redeliveries_total", "Segments started that had been attempted before.")
segments_in_flight = Gauge("chorus_segments_in_flight", "Segments that a worker has taken and not yet ended.")
queue_wait_seconds = Histogram(
    "chorus_queue_wait_seconds", "Time from the queuing of a segment to its start.", ["lane"], buckets=_WAIT_S
)
segments = Counter("chorus_segments_total", "Segments ended, by outcome.", ["pack", "outcome"])
"""`done`, `failed`, `retried`, `skipped` (there was nothing to do)."""
segment_failures = Counter("chorus_segment_failures_total", "Failures and retries, by class of error.", ["reason"])
"""The error's class name, for example `UndecodableAudio`; `NothingHeard` if all audio of a segment is lost."""
stage_seconds = Histogram("chorus_stage_seconds", "Time a segment spent in a stage.", ["stage"], buckets=_STAGE_S)
"""`fetch`, `decode`, `resample`, `mel`, `inference`, `score`, `save`."""
member_inference_seconds = Histogram(
    "chorus_member_inference_seconds", "Time a segment spent in one member.", ["pack", "member"], buckets=_STAGE_S
)
segment_seconds = Histogram(
    "chorus_segment_seconds", "Time from start to commit of a segment, waits for sessions included.", buckets=_STAGE_S
)
audio_analyzed_seconds = Counter("chorus_audio_analyzed_seconds_total", "Seconds of audio analyzed.", ["pack"])
audio_lost_seconds = Counter("chorus_audio_lost_seconds_total", "Seconds of audio that could not be analyzed.")
real_time_factor_ratio = Histogram(
    "chorus_real_time_factor_ratio",
    "Seconds of work per second of audio, by segment; below 1 is faster than real time.",
    ["pack"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
batch_fill_ratio = Histogram(
    "chorus_batch_fill_ratio",
    "Windows in a segment's batches, divided by the capacity of the batches.",
    buckets=(0.1, 0.25, 0.5, 0.75, 0.9, 1.0),
)
ledger_retries = Counter(
    "chorus_ledger_retries_total", "Calls that a worker retried because the database was unavailable."
)
worker_pack = Gauge(
    "chorus_worker_pack_info",
    "1 for each pack that the worker has open.",
    ["device", "provider", "pack", "pack_version", "version"],
)
"""`device` was requested, `provider` is the active ONNX Runtime provider, `version` is the program's."""


def _expect(metric: Counter | Histogram, *labels: Iterable[str]) -> None:
    """Create the series at 0: a rate misses the first event of one that begins at 1, and a panel says "No data"."""
    for values in product(*labels):
        metric.labels(*values)


def expect_requests(routes: Iterable[tuple[str, str, str]]) -> None:
    """Create the API's series; `routes` are method, template and usual status. Failures of each are expected too."""
    for method, route, status in routes:
        _expect(api_requests, [method], [route], [status, "500", "503"])
    _expect(api_requests, ["other"], [UNMATCHED], ["400", "503"])
    _expect(uploads, UPLOAD_OUTCOMES)
    _expect(resumable_uploads, ["begun", "joined", "deleted", "expired", "broken"])
    _expect(exports, ["ready", "failed", "expired"])


def expect_dead_letters() -> None:
    """Create the relay's series, so that the alert sees the very first dead letter."""
    _expect(dead_letters, [*DEAD_LETTER_REASONS, "unknown"])


def expect_segments(lanes: Iterable[str], reasons: Iterable[str]) -> None:
    """Create the worker's series that are of no pack; `reasons` are names of the errors that end a segment."""
    _expect(deliveries, ["acked", "requeued", "dead"])
    _expect(queue_wait_seconds, lanes)
    _expect(segments, ["none"], ["skipped"])
    _expect(segments, ["unknown"], ["failed"])
    _expect(segment_failures, reasons)
    _expect(stage_seconds, ["fetch", "decode", "resample", "mel", "inference", "score", "save"])


def expect_outcomes(pack: str) -> None:
    """Create the series of a pack that was opened."""
    _expect(segments, [pack], ["done", "failed", "retried"])
    _expect(audio_analyzed_seconds, [pack])


def observe_stages(stage_s: dict[str, float], *, pack: str) -> None:
    """Record seconds by stage; `inference:MEMBER` is one member's share of `inference`."""
    for stage, seconds in stage_s.items():
        name, _, member = stage.partition(":")
        if member:
            member_inference_seconds.labels(pack, member).observe(seconds)
        else:
            stage_seconds.labels(name).observe(seconds)
