"""A variable that cannot be followed ends a process with one line that names it."""

import json
from pathlib import Path

import pytest

from tests.integration.test_status_ports import run


@pytest.mark.parametrize(
    ("module", "variable", "value", "reason"),
    [
        ("api", "status_port", "soon", "should be a valid integer"),
        ("api", "upload_threads", "0", "greater than or equal to 1"),
        ("api", "log_level", "loud", "none of DEBUG, INFO"),
        ("relay", "poll_s", "0", "greater than 0"),
        ("relay", "status_port", "70000", "less than or equal to 65535"),
        ("relay", "log_level", "loud", "none of DEBUG, INFO"),
        ("worker", "device", "quantum", "'cpu' or 'cuda'"),
        ("worker", "sessions", "many", "valid integer"),
        ("worker", "log_level", "loud", "none of DEBUG, INFO"),
    ],
)
def test_one_line_says_which_variable_is_wrong(
    tmp_path: Path, module: str, variable: str, value: str, reason: str
) -> None:
    with run(module, tmp_path, **{variable: value}) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    (line,) = map(json.loads, said.splitlines())
    assert line["event"].lower() == f"{module} cannot start"
    assert line["reason"].startswith(f"CHORUS_{variable.upper()}: ")
    assert reason in line["reason"]


@pytest.mark.parametrize("module", ["api", "worker"])
def test_one_line_says_what_no_audio_store_is(tmp_path: Path, module: str) -> None:
    with run(module, tmp_path, store_url="s3:/bucket?secret_access_key=hidden") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    (line,) = map(json.loads, said.splitlines())
    assert line["reason"].startswith("audio store 's3:/bucket?")
    assert "use file:///absolute/folder or s3://" in line["reason"]
    assert "hidden" not in said
