"""The cores that a process may use, not all that exist."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dawn_chorus.adapters.available_cores import count_available_cores

MANY = 16


@pytest.fixture
def sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(MANY)), raising=False)


def system(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """Write the files in which Linux shows a process its control groups."""
    for name, content in {"proc/self/cgroup": cgroup, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def v2(quota: str, group: str = "") -> dict[str, str]:
    return {f"sys/fs/cgroup/{group}cpu.max": f"{quota} 100000\n"}


def v1(quota: str, folder: str, period: str = "100000") -> dict[str, str]:
    return {
        f"sys/fs/cgroup/{folder}/cpu.cfs_quota_us": f"{quota}\n",
        f"sys/fs/cgroup/{folder}/cpu.cfs_period_us": f"{period}\n",
    }


IN_DOCKER = "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n"
CASES: dict[str, tuple[str, dict[str, str], int]] = {
    "two cores": ("0::/\n", v2("200000"), 2),
    "no limit": ("0::/\n", v2("max"), MANY),
    "half a core": ("0::/\n", v2("50000"), 1),
    "two and a half": ("0::/\n", v2("250000"), 3),
    "more than there are": ("0::/\n", v2("6400000"), MANY),
    "that of a group around it": ("0::/a.slice/b\n", v2("max", "a.slice/b/") | v2("400000", "a.slice/"), 4),
    "the least counts": ("0::/a/b\n", v2("300000", "a/b/") | v2("800000", "a/"), 3),
    "no file": ("0::/\n", {}, MANY),
    "no group": ("", {}, MANY),
    "version 1 in a container": (IN_DOCKER, v1("400000", "cpu,cpuacct"), 4),
    "version 1 on the host": (IN_DOCKER, v1("150000", "cpu,cpuacct/docker/abc", "50000"), 3),
    "version 1 without a limit": (IN_DOCKER, v1("-1", "cpu,cpuacct"), MANY),
    "version 1 beside version 2": ("1:cpu:/\n0::/\n", v1("200000", "cpu"), 2),
    "version 1 of another controller": ("4:cpuset:/\n2:cpuacct:/\n", v1("100000", "cpu"), MANY),
}


@pytest.mark.usefixtures("sixteen_cores")
@pytest.mark.parametrize(("cgroup", "files", "cores"), CASES.values(), ids=CASES.keys())
def test_the_quota_of_the_control_group_counts(tmp_path: Path, cgroup: str, files: dict[str, str], cores: int) -> None:
    assert count_available_cores(system(tmp_path, cgroup, files)) == cores


@pytest.mark.usefixtures("sixteen_cores")
def test_without_control_groups_all_allowed_cores_count(tmp_path: Path) -> None:
    assert count_available_cores(tmp_path) == MANY


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="there is no affinity on this system")
@pytest.mark.parametrize(
    "ask",
    [
        "from dawn_chorus.adapters.available_cores import count_available_cores; print(count_available_cores())",
        "from dawn_chorus.worker.settings import WorkerSettings; print(WorkerSettings().sessions)",
    ],
)
def test_a_process_that_may_use_one_core_counts_one(ask: str) -> None:
    one = min(os.sched_getaffinity(0))
    bind = f"import os; os.sched_setaffinity(0, {{{one}}}); {ask}"
    printed = subprocess.run([sys.executable, "-c", bind], check=True, capture_output=True, text=True).stdout
    assert printed == "1\n"
