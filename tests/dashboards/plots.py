"""One panel as HTML: numbers, lines, bars and tables, with unit, legend and thresholds as the panel asks for them."""

import re
from datetime import UTC, datetime
from html import escape
from typing import Any

from tests.dashboards.answers import Answer, Line
from tests.dashboards.shown import COLORS, PALETTE, color_at, show

_LEFT = 70.0
_MOST_ROWS = 40


def plot(answer: Answer, width: int, height: int) -> str:
    """Return the inside of a panel of this size in pixels."""
    if not answer.lines and not answer.rows:
        return f'<p class="none">{escape(answer.empty_means or "No data")}</p>'
    if answer.panel["type"] == "timeseries":
        return _lines(answer, float(width), height)
    kinds = {"stat": _numbers, "table": _table, "barchart": _bars}
    return kinds[answer.panel["type"]](answer, height)


def _defaults(answer: Answer) -> dict[str, Any]:
    defaults: dict[str, Any] = answer.panel["fieldConfig"]["defaults"]
    return defaults


def _looks(answer: Answer, column: str) -> dict[str, Any]:
    """Return what is said of a column: its own words beside those of all."""
    looks = dict(_defaults(answer))
    for override in answer.panel["fieldConfig"]["overrides"]:
        options, by = override["matcher"]["options"], override["matcher"]["id"]
        if (by == "byName" and options == column) or (by == "byRegexp" and re.search(options, column)):
            looks |= {each["id"]: each["value"] for each in override["properties"]}
    return looks


def _numbers(answer: Answer, height: int) -> str:
    defaults = _defaults(answer)
    found = [(line.name, line.points[-1][1]) for line in answer.lines]
    found = found or [(name, answer.rows[0][at]) for at, name in enumerate(answer.columns)]
    size = min(46, height // (2 if len(found) == 1 else 3))
    parts = []
    for name, value in found:
        color = color_at(value, defaults.get("thresholds"))
        text = escape(show(value, defaults["unit"], defaults.get("decimals")))
        called = f"<small>{escape(name)}</small>" if len(found) > 1 else ""
        parts.append(f'<div style="color:{color};font-size:{size}px">{called}{text}</div>')
    return f'<div class="numbers">{"".join(parts)}</div>'


def _table(answer: Answer, height: int) -> str:
    shown = [at for at, name in enumerate(answer.columns) if not _looks(answer, name).get("custom.hidden")]
    head = "".join(f"<th>{escape(answer.columns[at])}</th>" for at in shown)
    most = max([1.0, *(value for row in answer.rows for value in row if isinstance(value, int | float))])
    body = "".join(
        "<tr>" + "".join(_cell(row[at], _looks(answer, answer.columns[at]), most) for at in shown) + "</tr>"
        for row in answer.rows[: min(_MOST_ROWS, max(1, height // 26 - 1))]
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any, looks: dict[str, Any], most: float) -> str:
    text, color = escape(show(value, looks["unit"], looks.get("decimals"))), ""
    for mapping in looks.get("mappings") or []:
        color = COLORS.get(mapping["options"].get(str(value), {}).get("color", ""), "")
    if looks.get("custom.cellOptions") and not color and value is not None:
        if looks.get("color", {}).get("mode") == "thresholds":
            color = color_at(value, looks["thresholds"])
        elif isinstance(value, int | float):
            color = f"hsl({220 - 220 * min(1.0, value / most):.0f} 60% 45%)"
    link = ' class="link"' if looks.get("links") else ""
    return f'<td{link} style="background:{color};color:#111">{text}</td>' if color else f"<td{link}>{text}</td>"


def _bars(answer: Answer, height: int) -> str:
    names, unit = answer.columns[1:], _defaults(answer)["unit"]
    tops = [sum(float(value or 0) for value in row[1:]) for row in answer.rows]
    most = max([*tops, 1e-9])
    horizontal = answer.panel["options"].get("orientation") == "horizontal"
    bars = []
    for row, top in zip(answer.rows, tops, strict=True):
        parts = "".join(
            f'<i style="flex:0 0 {100 * float(value or 0) / most:.2f}%;background:{PALETTE[at % len(PALETTE)]}"></i>'
            for at, value in enumerate(row[1:])
        )
        number = escape(show(top, unit))
        bars.append(f'<div class="bar"><span class="bar-name">{escape(str(row[0]))}</span><b>{parts}</b>{number}</div>')
    turned = "" if horizontal else '<p class="note">Bars stand in Grafana.</p>'
    legend = _legend(names) if answer.panel["options"].get("legend", {}).get("showLegend") else ""
    return f'<div class="bars" style="max-height:{height - 30}px">{"".join(bars)}</div>{legend}{turned}'


def _legend(names: list[str]) -> str:
    items = "".join(
        f'<span><i style="background:{PALETTE[at % len(PALETTE)]}"></i>{escape(name)}</span>'
        for at, name in enumerate(names)
    )
    return f'<div class="legend">{items}</div>'


def _lines(answer: Answer, width: float, height: int) -> str:
    defaults, plot_height = _defaults(answer), max(60.0, height - 62.0)
    custom = defaults.get("custom", {})
    is_stacked = custom.get("stacking", {}).get("mode") == "normal"
    lines = _stack(answer.lines) if is_stacked else answer.lines
    steps = [step["value"] for step in (defaults.get("thresholds") or {}).get("steps", []) if step["value"]]
    most = (max([0.0, *(value for line in lines for _, value in line.points)]) or 1.0) * 1.05
    first = min(at for line in lines for at, _ in line.points)
    span = max(1.0, max(at for line in lines for at, _ in line.points) - first)

    def place(at: float, value: float) -> str:
        x = _LEFT + (at - first) / span * (width - _LEFT)
        return f"{x:.1f},{plot_height * (1 - value / most):.1f}"

    parts = []
    for share in (0.0, 0.5, 1.0):
        y = plot_height * (1 - share)
        label = escape(show(most * share, defaults["unit"]))
        parts.append(f'<line x1="{_LEFT}" x2="{width}" y1="{y}" y2="{y}" stroke="#333"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{max(10, y)}" text-anchor="end">{label}</text>')
    for at, line in reversed(list(enumerate(lines))):
        points = [place(*point) for point in line.points]
        parts.append(_draw_line(points, PALETTE[at % len(PALETTE)], plot_height if is_stacked else None))
    for step in steps if custom.get("thresholdsStyle") else []:
        y = plot_height * (1 - step / most)
        parts.append(f'<line x1="{_LEFT}" x2="{width}" y1="{y}" y2="{y}" stroke="red" stroke-dasharray="9"/>')
    for moment, x, anchor in ((first, _LEFT, "start"), (first + span, width, "end")):
        when = datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")
        parts.append(f'<text x="{x}" y="{plot_height + 16}" text-anchor="{anchor}">{when}</text>')
    box = f'viewBox="0 0 {width:.0f} {plot_height + 24:.0f}"'
    picture = f'<svg {box} style="height:{plot_height + 24:.0f}px">{"".join(parts)}</svg>'
    return picture + _legend([line.name for line in answer.lines])


def _draw_line(points: list[str], color: str, ground: float | None) -> str:
    """Draw points `x,y`; with a `ground`, the area down to it."""
    start, end = points[0].split(","), points[-1].split(",")
    if len(points) == 1:
        return f'<circle cx="{start[0]}" cy="{start[1]}" r="4" fill="{color}"/>'
    if ground is None:
        return f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2"/>'
    return f'<polygon points="{start[0]},{ground} {" ".join(points)} {end[0]},{ground}" fill="{color}"/>'


def _stack(lines: list[Line]) -> list[Line]:
    """Add up lines, each on top of those before it."""
    sums: dict[float, float] = {}
    stacked = []
    for line in lines:
        for at, value in line.points:
            sums[at] = sums.get(at, 0.0) + value
        stacked.append(Line(line.name, [(at, sums[at]) for at, _ in line.points]))
    return stacked
