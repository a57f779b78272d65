"""*Species activity*: who sang when and where, from the detections in PostgreSQL."""

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh

from deploy.grafana.page_links import MOMENT, link_page
from deploy.grafana.panels import (
    Face,
    color_cells,
    draw_heatmap,
    draw_stacked_bars,
    hide_column,
    link_column,
    name_row,
    show_bars,
    show_number,
    show_table,
)
from deploy.grafana.sources import POSTGRES, SqlQuery, read_sql, rows, series

_CONFIDENCES = ("0.1", "0.25", "0.5", "0.7", "0.9")
_UNDATED = "Recordings without a date are only counted in Undated."
_ONCE = "A recording that was analyzed several times counts once for each pack that is chosen."
DEFAULT_PACK = "birdnet"
"""Chosen at first, as it is by services whose CHORUS_DEFAULT_PACK is not set; where it is not installed, all are."""


def build_species() -> Dashboard:
    board = (
        Dashboard("Species activity").uid("chorus-species").tags(["dawn-chorus"]).refresh("5m").time("now-30d", "now")
    )
    board = board.description(f"Who sang when and where. {_UNDATED} {_ONCE}").readonly()
    # Local times of recorders are shown as they are: nothing may shift them by the viewer's zone.
    board = board.timezone("utc")
    for variable in _variables():
        board = board.with_variable(variable)
    board = link_page(board)
    for part in (_add_numbers, _add_hours, _add_places, _add_latest):
        board = part(board)
    return board


def _variables() -> tuple[QueryVariable | CustomVariable, ...]:
    confidence = CustomVariable("confidence").label("Confidence from").values(",".join(_CONFIDENCES))
    confidence = confidence.description("The least confidence of detections that count.").options(
        [VariableOption(selected=each == "0.5", text=each, value=each) for each in _CONFIDENCES]
    )
    return (
        _choose("site", "Site", "sites"),
        _choose("taxon", "Taxon", "taxa"),
        _choose("pack", "Pack", "packs")
        .description(_ONCE)
        .current(VariableOption(selected=True, text=[DEFAULT_PACK], value=[DEFAULT_PACK])),
        confidence.current(VariableOption(selected=True, text="0.5", value="0.5")).allow_custom_value(False),
    )


def _choose(name: str, label: str, query: str) -> QueryVariable:
    chosen = QueryVariable(name).label(label).datasource(POSTGRES).query(read_sql("species", query))
    chosen = chosen.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True)
    # With quotes: Grafana puts it into the SQL as it stands here.
    return chosen.all_value("'*'").current(VariableOption(selected=True, text="All", value="$__all"))


def _number(title: str, description: str, unit: str, query: str) -> tuple[Face, SqlQuery]:
    return Face(title, description, unit, 6, 4), rows("species", query)


def _add_numbers(board: Dashboard) -> Dashboard:
    for face, query in (
        _number("Detections", "Events found in the chosen time.", "short", "detections"),
        _number(
            "Richness", "Different taxa among them; insects, sonotypes and noises are taxa too.", "short", "richness"
        ),
        _number("Recorded", "Length of the recordings that began in the chosen time.", "s", "recorded"),
        _number(
            "Undated",
            "Detections of recordings without a date, of all time; no other panel has them.",
            "short",
            "undated",
        ),
    ):
        board = board.with_panel(show_number(face, query))
    return board


def _add_hours(board: Dashboard) -> Dashboard:
    hours = Face(
        "Hour of day", "Detections by hour on the clock at the recorder, of the 40 taxa found most.", "short", 24, 14
    )
    time = Face("Activity", "Detections over time, of the 20 taxa found most.", "short", 12, 12)
    days = Face(
        "By day", "Detections by day at the recorder; the ten taxa found most, and the others.", "short", 12, 12
    )
    return (
        board.with_row(name_row("When"))
        .with_panel(color_cells(show_table(hours, rows("species", "by_hour")), "^[0-2][0-9]$"))
        .with_panel(draw_heatmap(time, series("species", "over_time")))
        .with_panel(draw_stacked_bars(days, series("species", "by_day")).interval("1d"))
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
        "The last 100. A recording's name leads to the moment on the page, to be looked at and heard.",
        "short",
        24,
        12,
    )
    units = {"Confidence": "percentunit", "Onset": "s", "Time": "dateTimeAsIso", "At the recorder": "dateTimeAsIso"}
    panel = link_column(
        show_table(latest, rows("species", "latest"), units=units), "Recording", "Look and listen", MOMENT
    )
    return board.with_row(name_row("Heard last")).with_panel(hide_column(panel, "id"))
