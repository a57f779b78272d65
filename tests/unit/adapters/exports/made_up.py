"""Findings that nobody heard."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.domain.exports.context import Credit, ExportContext, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.review.verdicts import Review, Verdict
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
ENGINE = Taxon("engine", "Engine", "Engine", "noise")
DAWN = datetime.fromisoformat("2026-05-01T04:30:00.250+02:00")
CONTEXT = ExportContext(
    datetime(2026, 6, 1, tzinfo=UTC),
    (Credit("birdnet", "2.4.0", "CC-BY-NC-SA-4.0", "Cornell"), Credit("other", None, None, None)),
    address="https://chorus.example.org",
)


def source(number: int = 0, **changes: object) -> Source:
    """Return a recording of a minute; each starts a minute after the one before it."""
    facts = {
        "file": f"{number}.wav",
        "sample_rate_hz": 48_000,
        "recorded_at": DAWN + timedelta(minutes=number),
        "pack": "birdnet",
        "site": "marsh",
        "recording_id": str(UUID(int=number)),
        "analysis_id": f"a{number}",
        "latitude": 52.5,
        "longitude": -0.25,
        "duration_s": 60.0,
        "format": "wav/pcm_16",
        "pack_version": "2.4.0",
        "analyzed_at": datetime(2026, 5, 2, tzinfo=UTC),
    }
    return Source(**(facts | changes))  # type: ignore[arg-type]


def review(verdict: Verdict, **changes: object) -> Review:
    facts = {
        "id": uuid4(),
        "recording_id": UUID(int=0),
        "scientific_name": WREN.scientific_name,
        "onset_ms": 0,
        "offset_ms": 1000,
        "verdict": verdict,
        "reviewer": "Ada",
        "reviewed_at": datetime(2026, 5, 3, 12, 0, 0, 999, tzinfo=UTC),
    }
    return Review(**(facts | changes))  # type: ignore[arg-type]


def finding(
    of: Source, onset_s: float = 1.0, offset_s: float = 2.0, taxon: Taxon = WREN, said: Review | None = None
) -> Finding:
    return Finding(Detection(taxon, onset_s, offset_s, 0.75, None), of, said)


def written(
    export_format: ExportFormat, findings: Iterable[Finding], context: ExportContext = CONTEXT
) -> tuple[bytes, Tally]:
    tally = Tally()
    return b"".join(write_export(export_format, findings, context, tally)), tally
