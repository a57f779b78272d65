"""A table of reviews, as the documentation of the API shows it."""

from datetime import datetime
from uuid import UUID

from dawn_chorus.api.models.review.reviews import RECORDING_ID, REVIEW_ID
from dawn_chorus.domain.review.table import listed_row, review_lines
from dawn_chorus.domain.review.verdicts import Review, Verdict

_EXAMPLE = "".join(
    review_lines(
        [
            listed_row(
                Review(
                    UUID(REVIEW_ID),
                    UUID(RECORDING_ID),
                    "Erithacus rubecula",
                    123_000,
                    126_500,
                    Verdict.CONFIRMED,
                    "Ada",
                    datetime.fromisoformat("2026-05-04T09:12:44+00:00"),
                ),
                "European Robin",
                "dawn.flac",
                "north-marsh",
                datetime.fromisoformat("2026-05-03T04:30:00+02:00"),
            )
        ]
    )
)
TABLE = {"schema": {"type": "string"}, "example": _EXAMPLE}
"""As OpenAPI describes it."""
