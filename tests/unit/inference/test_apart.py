"""What is run in a process of its own."""

import importlib
import subprocess
import sys

import pytest

from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.inference.apart import Step, run_apart


@pytest.mark.parametrize("step", Step)
def test_every_step_is_a_function_that_is_there(step: Step) -> None:
    module, _, function = step.partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_nothing_else_is_run() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dawn_chorus.inference.apart", "os:system"],
        input=b'"true"',
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"'os:system' is not a valid Step" in done.stderr


def test_all_faults_of_a_pack_come_back_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, '{"faults": ["frogs/a.onnx: is empty", "frogs/taxa.csv: is empty"]}')
    with pytest.raises(InvalidPack) as caught:
        run_apart(Step.VERIFY, {}, "frogs", "its self-test")
    assert caught.value.faults == ("frogs/a.onnx: is empty", "frogs/taxa.csv: is empty")


def test_what_was_not_expected_is_one_line_with_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, '{"reason": "needs more memory than this machine has"}')
    with pytest.raises(PermanentError, match=r"^frogs: needs more memory than this machine has$"):
        run_apart(Step.VERIFY, {}, "frogs", "its self-test")


def answer_with(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    command = (sys.executable, "-c", f"print({text!r})")
    monkeypatch.setattr("dawn_chorus.inference.apart._COMMAND", command)
