import pytest

from dawn_chorus.api.http.content_negotiation import choose_format
from dawn_chorus.api.http.problems import NOT_ACCEPTABLE, Problem
from dawn_chorus.domain.exports.formats import ExportFormat

ALL = tuple(ExportFormat)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("text/csv;q=0.3, application/x-ndjson", "ndjson"),
        ("text/html, text/tab-separated-values;q=0.9, */*;q=0.1", "raven"),
        ("text/*", "csv"),
        ("APPLICATION/JSON", "json"),
    ],
)
def test_the_format_follows_what_the_client_accepts(accept: str | None, chosen: str) -> None:
    assert choose_format(None, accept, ALL) == chosen


def test_the_parameter_overrides_the_header() -> None:
    assert choose_format(ExportFormat.BIRDNET, "application/json", ALL) is ExportFormat.BIRDNET


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "application/json;q=much"])
def test_a_format_that_is_not_offered_is_refused(accept: str) -> None:
    with pytest.raises(Problem) as caught:
        choose_format(None, accept, ALL)
    assert caught.value.kind is NOT_ACCEPTABLE
