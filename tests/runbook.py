"""The commands that deploy/README.md tells people to type, as they stand there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def find_scripts(heading: str) -> list[str]:
    """Return the shell blocks of a section, in order."""
    section = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        (ROOT / "deploy" / "README.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert section, f"deploy/README.md has no section {heading}"
    return re.findall(r"^```sh\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
