"""A line for each operation that a shell understands, as `/docs` shows it. Tests run each of them.

`$RECORDING`, `$ANALYSIS`, `$UPLOAD`, `$REVIEW`, `$EXPORT` and `$KEY_ID` are ids; where keys were made, add
`-H "Authorization: Bearer $KEY"`.
"""

from collections.abc import Mapping
from typing import Any

HOST = "http://127.0.0.1:8000"
_V1 = f"{HOST}/v1"
_RECORDING, _ANALYSIS, _UPLOAD = f"{_V1}/recordings/$RECORDING", f"{_V1}/analyses/$ANALYSIS", f"{_V1}/uploads/$UPLOAD"
_TUS = '-H "Tus-Resumable: 1.0.0"'
_THRESHOLD = '{"taxon": "eurrob1", "threshold": 0.72, "reviewer": "Ada"}'
_SITE = '{"site": "north-marsh", "recorded_at": "2026-05-03T04:30:00+02:00"}'

_RECORDINGS = {
    ("post", "/v1/recordings"): f"curl -F file=@dawn.flac -F start=file {_V1}/recordings",
    ("get", "/v1/recordings"): f'curl "{_V1}/recordings?site=north-marsh&state=finished"',
    ("get", "/v1/recordings/{recording_id}"): f"curl {_RECORDING}",
    ("delete", "/v1/recordings/{recording_id}"): f"curl -X DELETE {_RECORDING}",
    ("patch", "/v1/recordings/{recording_id}"): (
        f"curl -X PATCH -H 'Content-Type: application/json' -d '{_SITE}' {_RECORDING}"
    ),
    ("post", "/v1/recordings/corrections"): (
        'curl -H \'Content-Type: application/json\' -d "{\\"ids\\": [\\"$RECORDING\\"], '
        f'\\"fields\\": {{\\"site\\": \\"north-marsh\\"}}}}" {_V1}/recordings/corrections'
    ),
    ("get", "/v1/sites"): f'curl "{_V1}/sites?q=marsh"',
    ("get", "/v1/recordings/{recording_id}/audio"): f"curl -o dawn.flac {_RECORDING}/audio",
    ("get", "/v1/recordings/{recording_id}/spectrogram"): f"curl {_RECORDING}/spectrogram",
    ("get", "/v1/recordings/{recording_id}/spectrogram/{span_s}/{index}.webp"): (
        f"curl -o tile.webp {_RECORDING}/spectrogram/4/0.webp"
    ),
    ("get", "/v1/recordings/{recording_id}/clip"): (f'curl -OJ "{_RECORDING}/clip?start_s=2&end_s=8&format=flac"'),
}
_UPLOADS = {
    ("options", "/v1/uploads"): f"curl -i -X OPTIONS {_V1}/uploads",
    ("post", "/v1/uploads"): (
        f'curl -i -X POST {_TUS} -H "Upload-Length: $(wc -c < dawn.flac)" '
        f'-H "Upload-Metadata: filename $(printf dawn.flac | base64)" {_V1}/uploads'
    ),
    ("head", "/v1/uploads/{upload_id}"): f"curl -I {_TUS} {_UPLOAD}",
    ("patch", "/v1/uploads/{upload_id}"): (
        f'curl -i -X PATCH {_TUS} -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" '
        f"--data-binary @dawn.flac {_UPLOAD}"
    ),
    ("delete", "/v1/uploads/{upload_id}"): f"curl -X DELETE {_TUS} {_UPLOAD}",
    ("get", "/v1/uploads/{upload_id}/facts"): f"curl {_UPLOAD}/facts",
}
_ANALYSES = {
    ("post", "/v1/recordings/{recording_id}/analyses"): (
        f"curl -H 'Content-Type: application/json' -d '{{\"onset_threshold\": 0.8}}' {_RECORDING}/analyses"
    ),
    ("get", "/v1/analyses/{analysis_id}"): f"curl {_ANALYSIS}",
    ("post", "/v1/analyses/{analysis_id}/cancel"): f"curl -X POST {_ANALYSIS}/cancel",
    ("post", "/v1/analyses/{analysis_id}/retry"): f"curl -X POST {_ANALYSIS}/retry",
    ("get", "/v1/analyses/{analysis_id}/events"): f"curl -N {_ANALYSIS}/events",
    ("get", "/v1/events"): f"curl -N {_V1}/events",
    ("get", "/v1/analyses/{analysis_id}/failures"): f"curl {_ANALYSIS}/failures",
    ("get", "/v1/analyses/{analysis_id}/warnings"): f"curl {_ANALYSIS}/warnings",
}
_RESULTS = {
    ("get", "/v1/analyses/{analysis_id}/timeline"): f'curl "{_ANALYSIS}/timeline?min_score=0.5"',
    ("get", "/v1/analyses/{analysis_id}/lanes"): f'curl -o lanes.bin "{_ANALYSIS}/lanes?from_s=0&to_s=3600"',
    ("get", "/v1/analyses/{analysis_id}/detections"): f'curl "{_ANALYSIS}/detections?format=csv&onset_threshold=0.8"',
    ("get", "/v1/detections/count"): f'curl "{_V1}/detections/count?site=north-marsh&min_confidence=0.8"',
    ("get", "/v1/detections"): f'curl "{_V1}/detections?site=north-marsh&min_confidence=0.8"',
    ("get", "/v1/overview"): f'curl "{_V1}/overview?from=2026-05-01&to=2026-06-01"',
    ("get", "/v1/taxa"): f'curl "{_V1}/taxa?q=robin"',
    ("get", "/v1/packs"): f"curl {_V1}/packs",
}
_REVIEW = f"{_V1}/reviews/$REVIEW"
_SAID = (
    '{\\"recording_id\\": \\"$RECORDING\\", \\"taxon\\": \\"Erithacus rubecula\\", \\"onset_s\\": 2, '
    '\\"offset_s\\": 4, \\"verdict\\": \\"confirmed\\", \\"reviewer\\": \\"Ada\\"}'
)
_REVIEWS = {
    ("get", "/v1/review-taxa"): f'curl "{_V1}/review-taxa?site=north-marsh"',
    ("get", "/v1/review-queue"): f'curl "{_V1}/review-queue?taxon=eurrob1&strategy=random&seed=7"',
    ("post", "/v1/reviews"): f"curl -H 'Content-Type: application/json' -d \"{_SAID}\" {_V1}/reviews",
    ("post", "/v1/reviews/batch"): (
        f'curl -H \'Content-Type: application/json\' -d "{{\\"items\\": [{_SAID}]}}" {_V1}/reviews/batch'
    ),
    ("get", "/v1/reviews"): f'curl -o reviews.csv "{_V1}/reviews?format=csv"',
    ("get", "/v1/reviews/{review_id}"): f"curl {_REVIEW}",
    ("delete", "/v1/reviews/{review_id}"): f"curl -X DELETE {_REVIEW}",
    ("get", "/v1/taxa/{code}/precision"): f'curl "{_V1}/taxa/Erithacus%20rubecula/precision?wanted=0.95"',
    ("get", "/v1/thresholds"): f'curl "{_V1}/thresholds?taxon=eurrob1"',
    ("put", "/v1/thresholds"): (f"curl -X PUT -H 'Content-Type: application/json' -d '{_THRESHOLD}' {_V1}/thresholds"),
    ("delete", "/v1/thresholds"): f'curl -X DELETE "{_V1}/thresholds?taxon=eurrob1"',
}
_EXPORTS = {
    ("post", "/v1/exports"): (
        f'curl -H \'Content-Type: application/json\' -d \'{{"format": "clips", "min_confidence": 0.8}}\' {_V1}/exports'
    ),
    ("get", "/v1/exports"): f"curl {_V1}/exports",
    ("get", "/v1/exports/{export_id}"): f"curl {_V1}/exports/$EXPORT",
    ("get", "/v1/exports/{export_id}/file"): f"curl -OJ {_V1}/exports/$EXPORT/file",
    ("delete", "/v1/exports/{export_id}"): f"curl -X DELETE {_V1}/exports/$EXPORT",
}
_OPERATIONS = {
    ("post", "/v1/session"): (
        f'curl -c jar -H \'Content-Type: application/json\' -d "{{\\"key\\": \\"$KEY\\"}}" {_V1}/session'
    ),
    ("get", "/v1/session"): f"curl -b jar {_V1}/session",
    ("delete", "/v1/session"): f"curl -b jar -X DELETE {_V1}/session",
    ("get", "/v1/keys"): f"curl {_V1}/keys",
    ("post", "/v1/keys"): (
        f'curl -H \'Content-Type: application/json\' -d \'{{"name": "field laptop", "scopes": ["admin"]}}\' {_V1}/keys'
    ),
    ("delete", "/v1/keys/{key_id}"): f"curl -X DELETE {_V1}/keys/$KEY_ID",
    ("get", "/v1/queue"): f'curl "{_V1}/queue?analysis_id=$ANALYSIS"',
    ("get", "/health/live"): f"curl {HOST}/health/live",
    ("get", "/health/ready"): f"curl {HOST}/health/ready",
}
CURL_LINES: Mapping[tuple[str, str], str] = (
    _RECORDINGS | _UPLOADS | _ANALYSES | _RESULTS | _REVIEWS | _EXPORTS | _OPERATIONS
)
"""By method and path."""


def add_curl_lines(operations: dict[str, Any]) -> None:
    """Append its line to the description of each operation, by path and method."""
    for (method, path), line in CURL_LINES.items():
        operation = operations[path][method]
        operation["description"] = f"{operation.get('description', '')}\n\n```sh\n{line}\n```".lstrip()
