"""A soak as a picture: answers a second as lines, faults as marks."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from tests.soak.promises import Asked
from tests.soak.run import Soaked

_LEFT, _WIDTH, _TOP, _HEIGHT, _ROW = 250, 1100, 40, 180, 15
_BIN_S = 5.0


def draw(soaked: Soaked) -> str:
    """Return an SVG."""
    end_s = max([soaked.phases.get("end", 1.0), *(each.ended_s for each in soaked.happened)])
    kinds = sorted({each.kind for each in soaked.happened})
    height = _TOP + _HEIGHT + 50 + _ROW * len(kinds) + 20
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 30}" height="{height}" '
            'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
        ),
        (
            f'<text x="{_LEFT}" y="16" font-size="13">Answers a second (blue: as asked, red: to be asked again) and '
            f"faults (dark: as long as they lasted, light: until well), seed {soaked.plan.seed}</text>"
        ),
        *_axes(end_s, height),
        *_lines(soaked.promises.asked, end_s),
        *_faults(soaked, kinds, end_s),
        "</svg>",
    ]
    return "\n".join(parts)


def _x(at_s: float, end_s: float) -> float:
    return _LEFT + _WIDTH * at_s / end_s


def _axes(end_s: float, height: int) -> Iterator[str]:
    step_s = 60 if end_s > 200 else 10
    for at_s in range(0, int(end_s) + 1, step_s):
        x = _x(at_s, end_s)
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{height - 20}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle">{at_s} s</text>'


def _lines(asked: list[Asked], end_s: float) -> Iterator[str]:
    good: Counter[int] = Counter()
    bad: Counter[int] = Counter()
    for each in asked:
        is_bad = each.outcome == "unanswered" or each.outcome in ("409", "429") or each.outcome >= "500"
        (bad if is_bad else good)[int(each.at_s / _BIN_S)] += 1
    most = max([1, *good.values(), *bad.values()])
    yield f'<text x="{_LEFT - 8}" y="{_TOP + 10}" text-anchor="end">{most / _BIN_S:.0f}/s</text>'
    yield f'<text x="{_LEFT - 8}" y="{_TOP + _HEIGHT}" text-anchor="end">0</text>'
    for counts, color in ((good, "#1769aa"), (bad, "#c62828")):
        points = " ".join(
            f"{_x(number * _BIN_S, end_s):.1f},{_TOP + _HEIGHT * (1 - counts[number] / most):.1f}"
            for number in range(int(end_s / _BIN_S) + 1)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'


def _faults(soaked: Soaked, kinds: list[str], end_s: float) -> Iterator[str]:
    for row, kind in enumerate(kinds):
        y = _TOP + _HEIGHT + 30 + row * _ROW
        yield f'<text x="{_LEFT - 8}" y="{y + 9}" text-anchor="end">{escape(kind)}</text>'
        for each in soaked.happened:
            if each.kind == kind:
                well_s = each.ended_s + (each.well_after_s or 0.0)
                yield _bar(y, each.ended_s, well_s, end_s, "#f3c98b")
                yield _bar(y, each.began_s, each.ended_s, end_s, "#333")


def _bar(y: int, from_s: float, to_s: float, end_s: float, color: str) -> str:
    x, width = _x(from_s, end_s), max(2.0, _WIDTH * (to_s - from_s) / end_s)
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 4}" fill="{color}"/>'
