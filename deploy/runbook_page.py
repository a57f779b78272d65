"""`python -m deploy.runbook_page` writes the page of what each alert means, which Prometheus serves, from README.md.

The page is committed, so that nobody needs this to run the stack; a test keeps both the same.
"""

import re
from pathlib import Path

from markdown_it import MarkdownIt

_HERE = Path(__file__).parent
PAGE = _HERE / "prometheus" / "assets" / "runbook.html"
_CHAPTER = re.compile(r"^## What each alert means\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What each alert means – Dawn Chorus</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
pre, code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
pre { overflow-x: auto; border: 1px solid; padding: .5rem }
:target, :has(> :target) { outline: 2px solid; outline-offset: .3rem }
</style>
"""


def render_page() -> str:
    """Return the page. A section is found by its alert's name as it is written, and in lower case as in README.md."""
    found = _CHAPTER.search((_HERE / "README.md").read_text())
    if found is None:
        raise ValueError("deploy/README.md has no chapter 'What each alert means'")
    text = found[0]
    anchors = {_name_anchor(title): title for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    html = MarkdownIt("commonmark").enable("table").render(text)
    html = re.sub(r"<h(\d)>(.+?)</h\1>", _mark_heading, html)
    return _HEAD + re.sub(r'<a href="#([^"]+)">(.+?)</a>', lambda link: _keep_link(link, anchors), html)


def _name_anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _mark_heading(heading: re.Match[str]) -> str:
    level, title = heading.groups()
    exact = f'<span id="{title}"></span>' if title.isalnum() else ""
    return f'<h{level} id="{_name_anchor(title)}">{exact}{title}</h{level}>'


def _keep_link(link: re.Match[str], anchors: dict[str, str]) -> str:
    """Keep a link within the page; name the place of what the page does not hold."""
    return link[0] if link[1] in anchors else f"{link[2]}, in deploy/README.md"


if __name__ == "__main__":
    PAGE.write_text(render_page())
