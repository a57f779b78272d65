"""The drawn timeline: what is dark, what is faint, and the labels of the axis."""

from datetime import datetime
from typing import Any

from dawn_chorus.cli.client.timeline_view import axis, picture_lines, row


def entry(name: str, *detections: tuple[float, float], windows: dict[float, float] | None = None) -> dict[str, Any]:
    return {
        "code": name[:3],
        "scientific_name": f"Genus {name}",
        "common_name": name,
        "taxonomic_class": "Aves",
        "peak": 0.9,
        "windows": [{"start_s": start_s, "score": score} for start_s, score in (windows or {}).items()],
        "detections": [{"onset_s": a, "offset_s": b, "confidence": 0.75} for a, b in detections],
    }


def timeline(*entries: dict[str, Any], duration_s: float = 60.0) -> dict[str, Any]:
    return {"duration_s": duration_s, "window_s": 5.0, "taxa": list(entries)}


def test_a_detection_is_dark_and_a_lower_score_is_faint() -> None:
    wren = entry("Wren", (10.0, 20.0), windows={5.0: 0.2, 10.0: 0.9, 30.0: 0.05})
    assert row(wren, timeline(wren), 12) == " ░██        "


def test_a_call_too_short_for_a_column_still_shows() -> None:
    wren = entry("Wren", (3599.0, 3599.5))
    assert row(wren, timeline(wren, duration_s=3600.0), 20) == " " * 19 + "█"


def test_taxa_are_sorted_by_first_onset_and_silent_ones_left_out() -> None:
    lines = list(
        picture_lines(timeline(entry("Owl", (30, 40)), entry("Robin"), entry("Wren", (1, 2), (9, 12))), None, 80)
    )
    assert [line.split()[0] for line in lines[1:-1]] == ["Wren", "Owl"]
    assert lines[1].endswith("2×, best 0.75")
    assert all(len(line) <= 80 for line in lines)


def test_a_timeline_without_detections_says_so() -> None:
    assert list(picture_lines(timeline(entry("Robin")), None, 80)) == ["No detections."]


def test_the_axis_counts_from_zero_if_the_start_is_unknown() -> None:
    assert axis(60.0, 60, None).split() == ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50"]
    assert axis(60.0, 60, None).index("0:30") == 30


def test_the_axis_shows_round_times_of_day_if_the_start_is_known() -> None:
    start = datetime.fromisoformat("2026-05-01T04:50:00+02:00")
    text = axis(3600.0, 60, start)
    assert text.split() == ["04:50", "05:00", "05:10", "05:20", "05:30", "05:40"]
    assert text.index("05:00") == 10


def test_a_whole_day_has_readable_labels() -> None:
    assert axis(86400.0, 60, None).split()[:3] == ["0:00", "6:00:00", "12:00:00"]
