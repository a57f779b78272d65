"""What a command asks of the service, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.domain.analysis import AnalysisSettings, Channels
from dawn_chorus.domain.recording import Place

OCCURRENCE_MIN = 0.03
"""Where a place is known, taxa less probable than this are left out unless the command says otherwise, as in
`chorus analyze`."""
_FLOOR = AnalysisSettings().floor
RULE_FIELDS = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """The analysis that is wanted of every file; None leaves the choice to the service."""

    pack: str | None = None
    priority: str | None = None
    onset_threshold: float | None = None
    offset_threshold: float | None = None
    min_event_s: float | None = None
    min_gap_s: float | None = None
    channels: Channels = "mix"
    occurrence_min: float | None = None
    """Applied where a place is known; 0: never; None: `OCCURRENCE_MIN`, unless the pack knows nothing of places."""

    def fields(self, place: Place, *, has_occurrence: bool | None) -> dict[str, Any]:
        """Return the fields of a request.

        `place`: the recording's; `has_occurrence`: whether the pack knows which taxa occur where, None if it does not
        say.
        """
        names = ("pack", "priority", *RULE_FIELDS)
        fields = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.channels != "mix":
            fields["channels"] = self.channels
        least = self.occurrence_min
        if least is None:
            least = 0.0 if has_occurrence is False else OCCURRENCE_MIN
        if least and place.latitude is not None:
            fields["occurrence_min"] = least
        # Scores that make an event must be stored.
        lowest = min(fields.get("onset_threshold", 1.0), fields.get("offset_threshold", 1.0))
        return fields | ({"floor": lowest} if lowest < _FLOOR else {})


def settings_of(fields: Mapping[str, Any]) -> AnalysisSettings:
    """Return the settings that the service makes of the fields of a request."""
    rule = {name: fields[name] for name in RULE_FIELDS if name in fields}
    return AnalysisSettings(
        fields.get("floor", _FLOOR), fields.get("occurrence_min"), rule or None, fields.get("channels", "mix")
    )


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """The parameters of one `chorus submit`."""

    paths: tuple[Path, ...]
    state_dir: Path
    """Where uploads that were begun are remembered."""
    analysis: AnalysisOptions = field(default_factory=AnalysisOptions)
    place: PlaceOptions = field(default_factory=PlaceOptions)
    sites: Path | None = None
    """sites.csv, for a card that holds many recorders."""
    jobs: int = 4
    """Uploads at once."""
    patience_s: float = 3600.0
    """How long a service that is away is waited for, in each outage."""
    report: Path | None = None
    wait: bool = False
    as_json: bool = False
