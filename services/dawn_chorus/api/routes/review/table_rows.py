"""Rows of a table of reviews, validated as the bodies of single reviews are."""

from dataclasses import dataclass, replace

from pydantic import Field, ValidationError

from dawn_chorus.adapters.postgres.reviewing import NewReview
from dawn_chorus.api.http.problems import FieldError, field_errors, invalid_field, refused_fields
from dawn_chorus.api.models.requests import PastMoment
from dawn_chorus.api.models.review.reviews import ReviewFields
from dawn_chorus.domain.review.table import UnreadableTable, read_review_table

MOST_ROWS = 10_000


class ReviewRow(ReviewFields):
    """A review, and when it was made."""

    reviewed_at: PastMoment | None = Field(default=None, description="Empty: now.")

    def dated_review(
        self, reviewer: str, scientific_name: str, corrected_taxon: str | None, *, keeps_time: bool
    ) -> NewReview:
        """Return the review, of the row's time or of now."""
        at = self.reviewed_at if keeps_time else None
        return replace(self.review(reviewer, scientific_name, corrected_taxon), reviewed_at=at)


@dataclass(frozen=True, slots=True)
class NumberedRow:
    line: int
    """From 1."""
    fields: ReviewRow

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with in problems."""
        return f"line {self.line}, "


def read_rows(text: str) -> list[NumberedRow]:
    """Return the rows of a table. Raises a 422 Problem that names the line of each error."""
    rows, errors = [], []
    try:
        for line, cells in read_review_table(text, most=MOST_ROWS):
            named = {"taxon" if name == "scientific_name" else name: cell for name, cell in cells.items()}
            try:
                rows.append(NumberedRow(line, ReviewRow.model_validate(named)))
            except ValidationError as error:
                errors += [_of_line(line, each) for each in field_errors(error.errors())]
    except UnreadableTable as error:
        raise invalid_field("body", str(error)) from error
    if errors:
        raise refused_fields(errors)
    return rows


def _of_line(line: int, error: FieldError) -> FieldError:
    column = "scientific_name" if error.field == "taxon" else error.field
    return FieldError(field=f"line {line}, {column}", detail=error.detail)
