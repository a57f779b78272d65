"""`make setup` on a fresh machine, which upgrades itself in the background: it waits for apt, and says so."""

import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[1] / "servers" / "install"
LOCKED = {
    "update": "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 815 (apt-get)",
    "install": "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is it in use?",
}
APT = """#!/bin/bash
echo "$*" >>"{calls}"
case "$*" in *" {verb} "*) ;; *) exit 0 ;; esac
if [ "$(grep -c " {verb} " "{calls}")" -le {failures} ]; then echo "{message}" >&2; exit 100; fi
"""


def install(folder: Path, apt: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the installer where Prometheus is missing and apt-get is ours."""
    programs = folder / "bin"
    programs.mkdir()
    for name, script in {"apt-get": apt, "id": "#!/bin/bash\necho 0\n", "systemctl": "#!/bin/bash\n"}.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    for name in ("bash", "cat", "chmod", "grep", "mktemp", "rm", "sleep"):
        (programs / name).symlink_to(f"/bin/{name}")
    environment = {"PATH": str(programs), "CHORUS_APT_POLICY": str(folder / "policy"), **settings}
    return subprocess.run(["/bin/bash", str(INSTALL)], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", LOCKED)
def test_a_locked_apt_is_waited_for_and_said_so(tmp_path: Path, verb: str) -> None:
    calls = tmp_path / "calls"
    done = install(tmp_path, APT.format(calls=calls, verb=verb, failures=2, message=LOCKED[verb]))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("apt is locked by another program") == 1
    assert "prometheus" in calls.read_text().splitlines()[-1]
    assert not (tmp_path / "policy").exists()


def test_an_apt_that_stays_locked_ends_the_setup_with_what_holds_it(tmp_path: Path) -> None:
    apt = APT.format(calls=tmp_path / "calls", verb="install", failures=1000, message=LOCKED["install"])
    done = install(tmp_path, apt, CHORUS_APT_WAIT_S="1")
    assert done.returncode == 1
    assert "dpkg frontend lock" in done.stderr
    assert "could not be installed here" in done.stderr
