"""A user who asks for an import, answers, and remembers what was said."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.pack import Pack, read_pack
from dawn_chorus.model_import.importing import Conversation, import_model
from dawn_chorus.model_import.questions import Question
from dawn_chorus.model_import.request import Request
from tests.unit.model_import.networks import RATE_HZ, save_labels


@dataclass
class User:
    """Asks for imports into `tmp_path`."""

    folder: Path
    answers: dict[str, list[str]] = field(default_factory=dict)
    """By option; empty: nobody is at the terminal. An answer of `""` takes the default."""
    asked: list[Question] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.folder / "packs" / "frogs"

    def request(self, file: Path, **options: Any) -> Request:
        whole = Request(file, self.out, "frogs", save_labels(self.folder / "labels.txt"), RATE_HZ, 2.0, None, "sigmoid")
        return replace(whole, **options)

    def imports(self, file: Path, **options: Any) -> Pack:
        """Import, and return the pack as it was written."""
        ask = self.ask if self.answers else None
        imported = import_model(self.request(file, **options), Conversation(ask, self.show, self.said.append))
        return read_pack(imported.folder)

    def is_refused(self, file: Path, **options: Any) -> str:
        """Return why, and hold that it is one line and that nothing was left behind."""
        before = sorted(self.folder.rglob("*"))
        with pytest.raises(PermanentError) as caught:
            self.imports(file, **options)
        labels = self.folder / "labels.txt"
        assert sorted(path for path in self.folder.rglob("*") if path != labels) == [p for p in before if p != labels]
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def ask(self, question: Question) -> str:
        self.asked.append(question)
        return self.answers[question.option].pop(0) or question.default

    def show(self, facts: Mapping[str, str]) -> None:
        self.said += [f"{key}: {value}" for key, value in facts.items()]


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)
