"""Numbers in the unit of a panel, and the colors of its thresholds; near to what Grafana shows, not the same."""

from datetime import datetime
from typing import Any

_SECONDS = ((86400.0, "day"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"))
_BYTES = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_COUNTS = ((1e9, "Bil"), (1e6, "Mil"), (1e3, "K"))
_RATES = {"cps": "c/s", "ops": "ops/s", "reqps": "req/s"}
COLORS = {"green": "#73bf69", "red": "#f2495c", "orange": "#ff9830", "yellow": "#fade2a", "gray": "#8e8e8e"}
PALETTE = (
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2",
    "#b877d9", "#70dbed", "#fade2a", "#c4162a", "#ffa6b0", "#96d98d",
)  # fmt: skip


def show(value: Any, unit: str, decimals: int | None = None) -> str:
    """Return a value as text; a moment in ISO 8601 by UTC, nothing as an empty text."""
    if value is None or isinstance(value, bool | str):
        return "" if value is None else str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds").removesuffix("+00:00")
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return _show_number(number, unit, decimals)


def _show_number(number: float, unit: str, decimals: int | None) -> str:
    if unit.startswith("suffix:"):
        return _plain(number, decimals) + unit.removeprefix("suffix:")
    if unit == "percentunit":
        return _plain(number * 100, decimals) + " %"
    if unit in ("dateTimeAsIso", "dateTimeFromNow"):
        return datetime.fromtimestamp(number / 1000).astimezone().isoformat(" ", "seconds")
    steps = {"s": _SECONDS, "bytes": _BYTES, "Bps": _BYTES}.get(unit)
    if steps is None:
        return f"{_plain(number, decimals)} {_RATES[unit]}" if unit in _RATES else _scaled(number, _COUNTS, decimals)
    return _scaled(number, steps, decimals) + ("/s" if unit == "Bps" else "")


def _scaled(number: float, steps: tuple[tuple[float, str], ...], decimals: int | None) -> str:
    for size, name in steps:
        if abs(number) >= size:
            return f"{_plain(number / size, decimals)} {name}"
    return _plain(number, decimals)


def _plain(number: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{number:.{decimals}f}"
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"


def color_at(value: Any, thresholds: dict[str, Any] | None) -> str:
    """Return the color of the last step that the value reaches."""
    color = "green"
    for step in (thresholds or {}).get("steps", []):
        if step["value"] is None or (isinstance(value, int | float) and value >= step["value"]):
            color = step["color"]
    return COLORS.get(color, color)
