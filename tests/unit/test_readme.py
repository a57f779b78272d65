"""What the README tells people to type exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from dawn_chorus.cli.app import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def commands(program: str) -> list[str]:
    return [command for command in COMMANDS if command.split()[0] == program]


@pytest.mark.parametrize("command", commands("make"))
def test_the_make_targets_of_the_readme_exist(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{command.split()[1]}:.*## ", makefile, re.MULTILINE)


@pytest.mark.parametrize("command", commands("chorus"))
def test_the_chorus_commands_of_the_readme_are_understood(command: str) -> None:
    found: Any = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    found.parse_args(found.context_class(found), words)


def test_the_readme_shows_commands_of_every_kind() -> None:
    assert commands("make")
    assert commands("chorus")
    assert commands("curl")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_the_files_that_the_readme_links_to_exist(target: str) -> None:
    assert (ROOT / target).exists()


MAP = (ROOT / "services" / "README.md").read_text()


@pytest.mark.parametrize("place", re.findall(r"^\| (?:where|what|the) .*? \| `([^`]+)`", MAP, re.MULTILINE))
def test_the_places_that_the_map_of_the_services_names_exist(place: str) -> None:
    assert (ROOT / "services" / "dawn_chorus" / place).exists()
