"""A dashboard as a picture, by Chromium: where its panels lie, and what each would show."""

from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.dashboards.answers import Answer
from tests.dashboards.plots import plot
from tests.servers.programs import find_program
from tests.unit.deploy.dashboards import read_dashboards

_WIDTH, _CELL = 1480, 32
_NOTE = (
    "Drawn by tests/dashboards from the answers to each panel's queries after a minute of work. "
    "How Grafana itself draws them was not seen."
)
_STYLE = """
body{margin:0;padding:12px;background:#111217;color:#ccccdc;font:13px sans-serif;width:1480px;box-sizing:border-box}
h1{font-size:20px;margin:4px} .note{color:#9a9aa8;margin:4px} main{position:relative}
section{position:absolute;background:#181b1f;border:1px solid #2c3235;border-radius:3px;overflow:hidden;
box-sizing:border-box;padding:4px 8px}
section.row{background:none;border:0;font-weight:bold;font-size:15px} section.bad{border:3px solid #f2495c}
h2{font-size:13px;margin:2px 0 0} h2+p{color:#8e8e99;font-size:10.5px;margin:0;line-height:13px;
max-height:26px;overflow:hidden}
.numbers{display:flex;justify-content:space-around;
align-items:center;flex-wrap:wrap} small{font-size:12px;display:block}
table{border-collapse:collapse;width:100%;font-size:12px} th{color:#8ab8ff} td,th{text-align:left;padding:3px 6px;
border-bottom:1px solid #2c3235;white-space:nowrap} .link{color:#6e9fff;text-decoration:underline}
svg{width:100%;font-size:11px} text{fill:#9a9aa8} .legend span{margin-right:12px;font-size:11px}
.legend i{display:inline-block;width:12px;height:4px;margin-right:4px;vertical-align:middle} .none{text-align:center}
.bars{overflow:hidden} .bar{display:flex;height:15px;font-size:11px;align-items:center}
.bar-name{flex:0 0 120px;overflow:hidden;white-space:nowrap} .bar b{flex:1;display:flex;height:12px}
"""


def draw_board(name: str, answers: list[Answer], picture: Path) -> None:
    """Write a picture of a board; panels in trouble have a red frame that says which."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": _WIDTH, "height": 600})
        page.set_content(_write_page(name, answers))
        page.screenshot(path=picture, full_page=True)
        browser.close()


def _write_page(name: str, answers: list[Answer]) -> str:
    board = read_dashboards()[name]
    by_id = {answer.panel["id"]: answer for answer in answers}
    depth = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    parts = []
    for panel in board["panels"]:
        place = panel["gridPos"]
        wide, high = (_WIDTH - 24) / 24, place["h"] * _CELL
        box = f"left:{place['x'] * wide:.0f}px;top:{place['y'] * _CELL}px;width:{place['w'] * wide - 6:.0f}px"
        inside, kind = f"{escape(panel['title'])}", "row"
        if panel["id"] in by_id:
            inside, kind = (
                _write_panel(by_id[panel["id"]], int(place["w"] * wide) - 24, high),
                "bad" if by_id[panel["id"]].troubles else "",
            )
        parts.append(f'<section class="{kind}" style="{box};height:{high - 6}px">{inside}</section>')
    head = f"<h1>{escape(board['title'])}</h1><p class=note>{escape(board['description'])} {_NOTE}</p>"
    return f"<style>{_STYLE}</style>{head}<main style='height:{depth * _CELL}px'>{''.join(parts)}</main>"


def _write_panel(answer: Answer, width: int, height: int) -> str:
    head = f"<h2>{escape(answer.panel['title'])}</h2><p>{escape(answer.panel['description'])}</p>"
    troubles = "".join(f'<p style="color:#f2495c">{escape(each)}</p>' for each in answer.troubles)
    return head + troubles + plot(answer, width, height - 56)
