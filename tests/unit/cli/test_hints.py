"""Commands in messages can be pasted: `chorus` takes each of them as it stands."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import dawn_chorus
from dawn_chorus.cli.app import app
from dawn_chorus.cli.doctor.installation import Form, Installation
from dawn_chorus.cli.export.options import ExportOptions
from dawn_chorus.cli.export.run import _how_to_go_on
from dawn_chorus.cli.install_hint import how_to_install
from dawn_chorus.cli.settings import load_settings
from dawn_chorus.cli.up.welcome import print_welcome
from dawn_chorus.model_import.network.other_kinds import refuse_folder

ID = "0198a3c4-0000-7000-8000-000000000000"
"""What stands for a value that is known only when the message is made: an id, a path or a name."""
CODE = Path(dawn_chorus.__file__).parent


def find_texts(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a module but for docstrings and what describes options."""
    nodes = list(ast.walk(tree))
    apart = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    apart |= {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg in {"help", "description"}}
    apart |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if id(node) in apart:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else ID for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def find_hints() -> list[str]:
    pattern = re.compile(r"`((?:CHORUS_\w+=\S+ )?chorus [^`]+)`|(?:with|next): (chorus .+)")
    found = {
        hint[1] or hint[2]
        for file in CODE.rglob("*.py")
        if file.name != "manifest_text.py"  # says what wrote a file
        for text in find_texts(ast.parse(file.read_text()))
        for hint in pattern.finditer(text)
    }
    return sorted(found)


def parse(line: str) -> str:
    """Return the command that a line names; raise what it would say of a mistake."""
    words = [word for word in shlex.split(line) if not word.startswith("CHORUS_")]
    assert words.pop(0) == "chorus"
    command: Any = typer.main.get_command(app)
    context, path = None, []
    while hasattr(command, "resolve_command"):
        context = command.make_context("chorus", words[:1], parent=context)
        _, command, words = command.resolve_command(context, words)
        path.append(str(command.name))
    values = ["1" if word == "N" else ID if word in {"ID", "FOLDER", "NAME"} else word for word in words]
    command.make_context(command.name, values, parent=context)
    return " ".join(path)


def asked_for(out: Path, url: str | None = None) -> ExportOptions:
    return ExportOptions("clips", {}, {}, out, export_id=None, url=url, patience_s=1, as_json=False)


def test_there_are_hints_to_look_at() -> None:
    assert {"models install", "models seal", "up", "migrate", "retention", "export"} <= set(map(parse, find_hints()))


@pytest.mark.parametrize("hint", find_hints())
def test_every_command_in_a_message_is_taken_as_it_stands(hint: str) -> None:
    # A path's place holds an id here; options that take numbers have one.
    assert parse(hint)


def test_a_command_that_is_not_complete_would_be_noticed() -> None:
    with pytest.raises(Exception, match="Missing parameter"):
        parse("chorus models install")


def test_paths_with_spaces_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path / "default"))
    card = tmp_path / "my card"
    card.mkdir()
    (card / "pack.toml").touch()
    there = Installation(Form.EMBEDDED, load_settings(data_dir=card))
    for line in (
        there.command("chorus up"),
        _how_to_go_on([ID], asked_for(card)).partition("with: ")[2],
        str(refuse_folder(card)).split("`")[1],
    ):
        assert str(card) in " ".join(word.partition("=")[2] or word for word in shlex.split(line))
        assert parse(line)


def test_an_export_goes_on_at_the_service_that_was_named() -> None:
    line = _how_to_go_on([ID], asked_for(Path("dawn.zip"), "http://birds.example:8000"))
    assert line.endswith(f"chorus export --id {ID} --out dawn.zip --url http://birds.example:8000")
    assert "--url" not in _how_to_go_on([ID], asked_for(Path("dawn.zip")))


def test_a_folder_that_nobody_knows_is_said_to_be_one() -> None:
    assert how_to_install("larks") == (
        "`chorus models install FOLDER`, FOLDER being where you have larks (its pack.toml is in it)"
    )


@pytest.mark.parametrize("folder", ["chorus", "my chorus", "it's $HOME"])
def test_the_password_of_postgresql_is_read_from_any_folder(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(data_dir=tmp_path / folder)
    settings.database_url_file.parent.mkdir(parents=True)
    settings.database_url_file.write_text("postgresql://there")
    print_welcome("http://127.0.0.1:8000", settings)
    (line,) = (line.strip() for line in capsys.readouterr().err.splitlines() if "psql" in line)
    shown = subprocess.run(["sh", "-c", f"printf %s {line.removeprefix('psql ')}"], capture_output=True, check=True)
    assert shown.stdout == b"postgresql://there"


def test_the_default_data_folder_needs_no_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_DATA_DIR", str(tmp_path))
    assert Installation(Form.EMBEDDED, load_settings()).command("chorus keys list") == "chorus keys list"
