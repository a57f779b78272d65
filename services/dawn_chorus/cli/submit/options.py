"""What a command asks of the service, as values: the question put to every file, where and when it was recorded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OCCURRENCE_MIN = 0.03
"""Taxa less probable than this at the place and week are left out where a place is known, as in `chorus analyze`."""
RULE_FIELDS = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")


@dataclass(frozen=True, slots=True)
class Question:
    """The analysis that is wanted of every file; None leaves the choice to the service."""

    pack: str | None = None
    priority: str | None = None
    floor: float | None = None
    onset_threshold: float | None = None
    offset_threshold: float | None = None
    min_event_s: float | None = None
    min_gap_s: float | None = None
    occurrence_min: float = OCCURRENCE_MIN
    """Applied where a place is known; 0: never."""

    def body(self, *, has_place: bool) -> dict[str, Any]:
        """Return the fields of a request; `has_place`: the recording's coordinates are known."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        if not (has_place and self.occurrence_min > 0):
            del fields["occurrence_min"]
        return fields

    @property
    def event_rule(self) -> dict[str, float] | None:
        """The overrides of the pack's event rule, as the service stores them."""
        values = {name: getattr(self, name) for name in RULE_FIELDS}
        return {name: value for name, value in values.items() if value is not None} or None


@dataclass(frozen=True, slots=True)
class Placing:
    """Where and when a file was recorded, as far as the command says; the same names as the service's fields."""

    site: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    recorded_at: str | None = None

    @property
    def has_coordinates(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    def form(self) -> dict[str, str]:
        """Return the fields of an upload."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}


def upload_form(question: Question, placing: Placing) -> dict[str, str]:
    """Return all text fields of an upload."""
    asked: Mapping[str, Any] = question.body(has_place=placing.has_coordinates)
    return placing.form() | {name: str(value) for name, value in asked.items()}


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """The parameters of one `chorus submit`."""

    paths: tuple[Path, ...]
    question: Question = field(default_factory=Question)
    placing: Placing = field(default_factory=Placing)
    jobs: int = 4
    """Uploads at once."""
    patience_s: float = 3600.0
    """How long a service that is away is waited for, from its last sign of life."""
    report: Path | None = None
    wait: bool = False
    as_json: bool = False
