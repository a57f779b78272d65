from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from dawn_chorus.api.models.requests import EventRuleFields, UploadFields
from dawn_chorus.domain.event_rules import EventRule

PACK_RULE = EventRule(onset_threshold=0.6, offset_threshold=0.4, min_event_s=1.0, min_gap_s=2.0)


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        ({"min_gap_s": 0.0}, EventRule(0.6, 0.4, 1.0, 0.0)),
        ({"onset_threshold": 0.5}, EventRule(0.5, 0.4, 1.0, 2.0)),
        ({"onset_threshold": 0.2}, EventRule(0.2, 0.2, 1.0, 2.0)),
        ({"offset_threshold": 0.8}, EventRule(0.8, 0.8, 1.0, 2.0)),
    ],
)
def test_omitted_values_stay_as_in_the_pack(overrides: dict[str, float], rule: EventRule) -> None:
    assert PACK_RULE.changed(**EventRuleFields.model_validate(overrides).overrides) == rule


def test_without_overrides_an_analysis_has_no_event_rule() -> None:
    assert UploadFields().settings().event_rule is None
    assert UploadFields(min_gap_s=0).settings().event_rule == {"min_gap_s": 0.0}


def test_the_offset_of_a_time_is_kept() -> None:
    fields = UploadFields.model_validate({"recorded_at": "2025-05-03T04:30:00+05:45"})
    recorded_at = fields.place().recorded_at
    assert recorded_at is not None
    assert recorded_at.utcoffset() == timedelta(hours=5, minutes=45)


def test_a_clock_that_is_slightly_fast_is_accepted() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    assert UploadFields.model_validate({"recorded_at": soon.isoformat()}).recorded_at == soon
    later = datetime.now(UTC) + timedelta(minutes=15)
    with pytest.raises(ValidationError, match="future"):
        UploadFields.model_validate({"recorded_at": later.isoformat()})


@pytest.mark.parametrize("recorded_at", ["0001-01-01T00:00:00+14:00", "1856-12-31T23:59:59Z"])
def test_a_time_before_sound_was_first_recorded_is_refused(recorded_at: str) -> None:
    with pytest.raises(ValidationError, match="before sound was first recorded"):
        UploadFields.model_validate({"recorded_at": recorded_at})


@pytest.mark.parametrize("fields", [{"latitude": "52.5"}, {"longitude": "13.4"}])
def test_latitude_or_longitude_alone_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="belong together"):
        UploadFields.model_validate(fields)


@pytest.mark.parametrize(
    "site", ["می\u200cخواهم", "North\u00a03", "Nord\u00adsee", "👩\u200d🔬", "Ho\u0308he ", "a\u2028b"]
)
def test_a_site_is_stored_as_it_was_written(site: str) -> None:
    assert UploadFields.model_validate({"site": site}).place().site == site


@pytest.mark.parametrize("site", ["a\nb", "a\x00", "a\x1b[31m", "\u202etixe", "\u2066a", "\x85"])
def test_a_site_with_control_characters_is_refused_by_their_code(site: str) -> None:
    with pytest.raises(ValidationError, match=r"contains U\+[0-9A-F]{4}, a control character"):
        UploadFields.model_validate({"site": site})
