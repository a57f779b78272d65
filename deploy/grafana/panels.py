"""The kinds of panels: one look for all dashboards. A panel without unit or description cannot be made."""

from dataclasses import dataclass
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as styles
from grafana_foundation_sdk.models import dashboard as values

Pivoted = TypeVar("Pivoted", barchart.Panel, table.Panel)
Query = Builder[Dataquery]
_Panel = TypeVar("_Panel", barchart.Panel, stat.Panel, table.Panel, timeseries.Panel)


@dataclass(frozen=True, slots=True)
class Face:
    """What every panel has."""

    title: str
    description: str
    unit: str
    """An id of Grafana's units, or `suffix:…`."""
    width: int = 8
    """Of 24 columns."""
    height: int = 8


def draw_lines(face: Face, *queries: Query, limit: float | None = None) -> timeseries.Panel:
    """Draw lines over time; beyond `limit` the ground is red."""
    panel = _dress(timeseries.Panel(), face, queries).fill_opacity(10).span_nulls(True).min(0)
    panel = panel.legend(_legend()).tooltip(common.VizTooltipOptions().mode(styles.TooltipDisplayMode.MULTI))
    if limit is not None:
        panel = panel.thresholds(_thresholds("green", ("red", limit)))
        panel = panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(styles.GraphThresholdsStyleMode.DASHED))
    return panel


def draw_stacked_bars(face: Face, *queries: Query) -> timeseries.Panel:
    """Draw shares of a sum over time."""
    stacking = common.StackingConfig().mode(styles.StackingMode.NORMAL)
    panel = draw_lines(face, *queries).draw_style(styles.GraphDrawStyle.BARS).stacking(stacking)
    return panel.fill_opacity(70).line_width(0)


def show_number(face: Face, *queries: Query, steps: tuple[tuple[str, float], ...] = ()) -> stat.Panel:
    """Show the last value; `steps` color it from a value on, green below."""
    panel = _dress(stat.Panel(), face, queries).thresholds(_thresholds("green", *steps))
    last = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    return (
        panel.reduce_options(last).color_mode(styles.BigValueColorMode.VALUE).graph_mode(styles.BigValueGraphMode.AREA)
    )


def show_bars(face: Face, label: str, *queries: Query, horizontal: bool = False) -> barchart.Panel:
    """Show a bar for each row; the column `label` names it."""
    panel = _dress(barchart.Panel(), face, queries).x_field(label).show_value(styles.VisibilityMode.AUTO)
    turned = styles.VizOrientation.HORIZONTAL if horizontal else styles.VizOrientation.VERTICAL
    return panel.orientation(turned).legend(common.VizLegendOptions().show_legend(False)).min(0)


def stack_bars(face: Face, *queries: Query) -> barchart.Panel:
    """Show a bar for each row, made of its columns; the first column names it."""
    panel = _dress(barchart.Panel(), face, queries).show_value(styles.VisibilityMode.NEVER).min(0)
    return panel.stacking(styles.StackingMode.NORMAL).legend(_legend())


def show_table(face: Face, *queries: Query, units: dict[str, str] | None = None) -> table.Panel:
    """Show rows; `units` gives the unit of columns that have another than the face's."""
    panel = _dress(table.Panel(), face, queries)
    for column, unit in (units or {}).items():
        panel = panel.override_by_name(column, [values.DynamicConfigValue("unit", unit)])
    return panel


def color_cells(panel: table.Panel, columns: str) -> table.Panel:
    """Make a heatmap of the columns whose names match the pattern."""
    cell = {"type": "color-background", "mode": "basic"}
    looks = {
        "custom.cellOptions": cell,
        "color": {"mode": "continuous-BlYlRd"},
        "custom.width": 44,
        "custom.align": "center",
    }
    return panel.override_by_regexp(columns, [values.DynamicConfigValue(key, look) for key, look in looks.items()])


def color_zeros(panel: table.Panel, columns: str) -> table.Panel:
    """Color the cells of the columns whose names match the pattern: red where nothing is, green from above it on."""
    looks = {
        "custom.cellOptions": {"type": "color-background", "mode": "basic"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"color": "red", "value": None}, {"color": "green", "value": 1e-9}],
        },
        "color": {"mode": "thresholds"},
        "decimals": 2,
        "custom.width": 66,
        "custom.align": "center",
    }
    return panel.override_by_regexp(columns, [values.DynamicConfigValue(key, look) for key, look in looks.items()])


def link_column(panel: table.Panel, column: str, title: str, url: str) -> table.Panel:
    """Make the values of a column links."""
    link = {"title": title, "url": url, "targetBlank": True}
    return panel.override_by_name(column, [values.DynamicConfigValue("links", [link])])


def hide_column(panel: table.Panel, column: str) -> table.Panel:
    """Keep a column for links, and show it to nobody."""
    return panel.override_by_name(column, [values.DynamicConfigValue("custom.hidden", True)])


def pivot(panel: Pivoted, rows: str, columns: str, values_of: str) -> Pivoted:
    """Make a row of each value of a column, and a column of each value of another."""
    asked = {"rowField": rows, "columnField": columns, "valueField": values_of, "emptyValue": "null"}
    return panel.with_transformation(values.DataTransformerConfig(id_val="groupingToMatrix", options=asked))


def color_words(panel: table.Panel, column: str, colors: dict[str, str]) -> table.Panel:
    """Color the cells of a column by the word in them."""
    words = {word: {"color": color, "index": index} for index, (word, color) in enumerate(colors.items())}
    looks = {
        "mappings": [{"type": "value", "options": words}],
        "custom.cellOptions": {"type": "color-background", "mode": "basic"},
    }
    return panel.override_by_name(column, [values.DynamicConfigValue(key, look) for key, look in looks.items()])


def name_row(title: str) -> dashboard.Row:
    return dashboard.Row(title)


def _dress(panel: _Panel, face: Face, queries: tuple[Query, ...]) -> _Panel:
    panel = panel.title(face.title).description(face.description).unit(face.unit)
    return panel.span(face.width).height(face.height).targets(list(queries)).datasource(_source_of(queries[0]))


def _source_of(query: Query) -> values.DataSourceRef:
    built: Any = query.build()
    source: values.DataSourceRef = built.to_json()["datasource"]
    return source


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(True).placement(styles.LegendPlacement.BOTTOM)
    return legend.display_mode(styles.LegendDisplayMode.LIST)


def _thresholds(first: str, *steps: tuple[str, float]) -> dashboard.ThresholdsConfig:
    levels = [values.Threshold(value=None, color=first)]
    levels += [values.Threshold(value=value, color=color) for color, value in steps]
    return dashboard.ThresholdsConfig().mode(values.ThresholdsMode.ABSOLUTE).steps(levels)
