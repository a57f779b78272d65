"""The unit for `chorus up`, as far as it can be told where systemd is not running."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.cli.settings import CliSettings

UNIT = Path(__file__).parents[3] / "deploy" / "systemd" / "chorus.service"
TEXT = UNIT.read_text()


def value_of(key: str) -> str:
    (value,) = re.findall(rf"^{key}=(.*)$", TEXT, re.MULTILINE)
    return str(value)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that this machine has."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    path = tmp_path / "chorus.service"
    path.write_text(TEXT.replace("/opt/dawn-chorus/bin/chorus", sys.executable))
    return path


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def test_systemd_understands_every_line(unit: Path) -> None:
    done = analyze("verify", "--man=no", unit)
    said = [line for line in done.stderr.splitlines() if str(unit) in line]
    assert (done.returncode, said) == (0, [])


def test_its_exposure_is_low(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", "--no-pager", unit)
    assert done.returncode == 0, done.stdout[-500:]


def test_the_cage_of_the_decoders_can_be_built() -> None:
    allowed = set(value_of("SystemCallFilter").split())
    assert {"landlock_create_ruleset", "landlock_restrict_self", "seccomp"} <= allowed
    assert value_of("NoNewPrivileges") == "yes"
    # A decoder that is killed for its memory must not take the service along.
    assert value_of("OOMPolicy") == "continue"


def test_it_runs_the_embedded_service_as_an_account_of_its_own_in_its_folder() -> None:
    assert value_of("User") == "chorus"
    assert value_of("ExecStart").startswith("/opt/dawn-chorus/bin/chorus up ")
    assert f"CHORUS_DATA_DIR=/var/lib/{value_of('StateDirectory')}" in TEXT
    named = set(re.findall(r"CHORUS_([A-Z_]+)=", TEXT))
    assert {name.lower() for name in named} <= {*CliSettings.model_fields, *ApiSettings.model_fields}
    assert value_of("EnvironmentFile") == "-/etc/chorus.env"
