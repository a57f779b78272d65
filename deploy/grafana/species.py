"""*Species activity*: who listened, who fell silent, and who sang when and where, from PostgreSQL."""

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, QueryVariable, TimePicker
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableOption, VariableRefresh

from deploy.grafana.page_links import MOMENT, link_page
from deploy.grafana.panels import (
    Face,
    color_cells,
    color_words,
    color_zeros,
    hide_column,
    link_column,
    name_row,
    pivot,
    show_bars,
    show_number,
    show_table,
    stack_bars,
)
from deploy.grafana.sources import POSTGRES, SqlQuery, read_sql, rows

_CONFIDENCES = ("0.1", "0.25", "0.5", "0.7", "0.9")
_RETIRED_DAYS = ("7", "30", "90", "365")
_UNDATED = "Recordings without a date are only counted in Undated."
_ONCE = "A recording that was analyzed several times counts once for each pack that is chosen."
_HOURS = "suffix: h"
_LOW = "An hour without detections tells nothing where nobody listened: see Hours listened."
DEFAULT_PACK = "birdnet"
"""Chosen at first, as it is by services whose CHORUS_DEFAULT_PACK is not set; where it is not installed, all are."""


def build_species() -> Dashboard:
    board = Dashboard("Species activity").uid("chorus-species").tags(["dawn-chorus"]).refresh("5m")
    board = board.description(f"Who listened, and who sang when and where. {_UNDATED} {_ONCE}").readonly()
    # Grafana knows no first range that depends on data. Recordings may be of another year, so that the span is a choice
    # of its own, made of what there is, and the range of time, which no panel heeds, is hidden.
    board = board.time("now-30d", "now").timepicker(TimePicker().hidden(True))
    # Local times of recorders are shown as they are: nothing may shift them by the viewer's zone.
    board = board.timezone("utc")
    for variable in _variables():
        board = board.with_variable(variable)
    board = link_page(board)
    for part in (_add_numbers, _add_effort, _add_hours, _add_places, _add_latest):
        board = part(board)
    return board


def _variables() -> tuple[QueryVariable | CustomVariable, ...]:
    span = _ask("span", "Span", "spans").description("Of time. The last days end with the newest recording, not today.")
    span = span.current(VariableOption(selected=True, text="The last 30 days with data", value="last 30"))
    return (
        span,
        _ask("since", "Since", "since").hide(VariableHide.HIDE_VARIABLE),
        _ask("until", "Until", "until").hide(VariableHide.HIDE_VARIABLE),
        _choose("site", "Site", "sites"),
        _choose("taxon", "Taxon", "taxa"),
        _choose("pack", "Pack", "packs")
        .description(_ONCE)
        .current(VariableOption(selected=True, text=[DEFAULT_PACK], value=[DEFAULT_PACK])),
        _offer("confidence", "Confidence from", _CONFIDENCES, "0.5", "The least confidence of detections that count."),
        _offer(
            "retired", "Retired after days", _RETIRED_DAYS, "30",
            "A recorder silent for longer was taken down on purpose, and is listed last.",
        ),
    )  # fmt: skip


def _ask(name: str, label: str, query: str) -> QueryVariable:
    asked = QueryVariable(name).label(label).datasource(POSTGRES).query(read_sql("species", query))
    return asked.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _choose(name: str, label: str, query: str) -> QueryVariable:
    chosen = _ask(name, label, query).multi(True).include_all(True)
    # With quotes: Grafana puts it into the SQL as it stands here.
    return chosen.all_value("'*'").current(VariableOption(selected=True, text="All", value="$__all"))


def _offer(name: str, label: str, values: tuple[str, ...], first: str, description: str) -> CustomVariable:
    offered = CustomVariable(name).label(label).values(",".join(values)).description(description)
    offered = offered.options([VariableOption(selected=each == first, text=each, value=each) for each in values])
    return offered.current(VariableOption(selected=True, text=first, value=first)).allow_custom_value(False)


def _number(title: str, description: str, unit: str, query: str) -> tuple[Face, SqlQuery]:
    return Face(title, description, unit, 4, 4), rows("species", query)


def _add_numbers(board: Dashboard) -> Dashboard:
    board = board.with_row(name_row("Is anybody listening"))
    silent = _number(
        "Silent", "Recorders that should have recorded again by now: see the table below.", "short", "silent"
    )
    for face, query in (
        _number(
            "Listened", "Hours of sound analyzed in the span; uploaded alone is not enough.", _HOURS, "hours_listened"
        ),
        _number("Detections", f"Events found in the span. {_LOW}", "short", "detections"),
        _number(
            "Richness", "Different taxa among them; insects, sonotypes and noises are taxa too.", "short", "richness"
        ),
        _number(
            "Undated",
            "Detections of recordings without a date, of all time; no other panel has them.",
            "short",
            "undated",
        ),
    ):
        board = board.with_panel(show_number(face, query).decimals(1 if face.unit == _HOURS else 0))
    board = board.with_panel(show_number(silent[0], silent[1], steps=(("red", 1),)))
    span = Face("Span", "The days shown, by UTC.", "string", 4, 4)
    return board.with_panel(show_table(span, rows("species", "shown")))


def _add_effort(board: Dashboard) -> Dashboard:
    silence = Face(
        "Which recorder fell silent",
        "Of all time, worst first. A recorder is known by its site. Silent: for twice its usual pause and an hour; "
        "the usual one is the middle of the longest pauses of its last 30 days with sound. A card that nobody "
        "brought in yet looks the same. Retired: silent for longer than the days chosen above.",
        "short",
        24,
        9,
    )
    places = Face(
        "Hours listened, by site and day",
        "Analyzed sound by the clock at the recorder, on the last 21 days of the span; 0 is red: nobody listened.",
        _HOURS,
        16,
        10,
    )
    sites = Face("Hours listened by site", "Analyzed sound in the span; the 30 sites heard most.", _HOURS, 8, 10)
    units = {
        "Silent for": "s", "Usual pause": "s", "Last sound": "dateTimeAsIso", "Times the usual": "suffix: ×",
    }  # fmt: skip
    table = show_table(silence, rows("species", "silent_first"), units=units)
    table = color_words(
        table, "State", {"silent": "red", "too few to tell": "yellow", "records": "green", "retired": "gray"}
    )
    matrix = pivot(show_table(places, rows("species", "hours_by_site_and_day")), "Site", "Day", "Hours")
    return (
        board.with_panel(table.no_value("No recording has a date."))
        .with_panel(color_zeros(matrix, "^[0-9]{2}-[0-9]{2}$"))
        .with_panel(show_bars(sites, "Site", rows("species", "hours_by_site"), horizontal=True))
    )


def _add_hours(board: Dashboard) -> Dashboard:
    effort = Face("Hours listened by day", "Analyzed sound, by day at the recorder.", _HOURS, 12, 10)
    days = Face(
        "Detections by day",
        f"By day at the recorder; the ten taxa found most, and the others. {_LOW}",
        "short",
        12,
        10,
    )
    hours = Face(
        "Hour of day", "Detections by hour on the clock at the recorder, of the 40 taxa found most.", "short", 24, 14
    )
    return (
        board.with_row(name_row("When"))
        .with_panel(show_bars(effort, "Day", rows("species", "hours_by_day")))
        .with_panel(pivot(stack_bars(days, rows("species", "by_day")), "Day", "Taxon", "Detections"))
        .with_panel(color_cells(show_table(hours, rows("species", "by_hour")), "^[0-2][0-9]$"))
    )


def _add_places(board: Dashboard) -> Dashboard:
    top = Face("Top taxa", "The 20 taxa found most.", "short", 8, 12)
    richness = Face("Richness by site", "Different taxa found at each site.", "short", 8, 12)
    confidence = Face("Confidence", "Detections in steps of 0.05; the number is where a step begins.", "short", 8, 12)
    return (
        board.with_row(name_row("Who and where"))
        .with_panel(show_bars(top, "Taxon", rows("species", "top"), horizontal=True))
        .with_panel(show_bars(richness, "Site", rows("species", "richness_by_site")))
        .with_panel(show_bars(confidence, "Confidence", rows("species", "confidence")))
    )


def _add_latest(board: Dashboard) -> Dashboard:
    latest = Face(
        "Latest detections",
        "The last 100, with what people said of them; nothing else here heeds reviews. A recording's name leads to the "
        "moment on the page, to be looked at and heard.",
        "short",
        24,
        12,
    )
    units = {"Confidence": "percentunit", "Onset": "s", "Time": "dateTimeAsIso", "At the recorder": "dateTimeAsIso"}
    panel = link_column(
        show_table(latest, rows("species", "latest"), units=units), "Recording", "Look and listen", MOMENT
    )
    return board.with_row(name_row("Heard last")).with_panel(hide_column(panel, "id"))
