"""What a release is made by: the scripts in deploy/release, and workflows that nobody can run here."""

import os
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "deploy" / "release"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OURS = ("api", "relay", "worker", "operations", "packs")


def run(script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / script, *arguments], env=os.environ | environment, check=False, capture_output=True, text=True
    )


def note_calls(tmp_path: Path, *programs: str) -> dict[str, str]:
    """Put programs on the path that note what they are told, and print a digest."""
    for name in programs:
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/calls\necho sha256:abc\n')
        program.chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CHORUS_IMAGES": "registry.example/birds"}


def test_the_tag_of_a_release_is_the_version_of_all_files() -> None:
    assert run("check-version", f"v{VERSION}").stdout.strip() == VERSION
    other = run("check-version", "v99.0.0")
    assert (other.returncode, other.stderr) == (1, "pyproject.toml is not of version 99.0.0\n")
    assert "is no tag of a release" in run("check-version", f"v{VERSION}-rc1").stderr


def test_the_bundle_pulls_its_images_and_holds_what_the_runbook_needs(tmp_path: Path) -> None:
    assert run("make-bundle", VERSION, tmp_path / "bundle.tar.gz").returncode == 0
    with tarfile.open(tmp_path / "bundle.tar.gz") as bundle:
        names = {name.partition("/")[2] for name in bundle.getnames()}
        bundle.extractall(tmp_path, filter="data")
    assert {"docker-compose.yml", ".env.example", "Makefile", "deploy/docker/make-secrets"} <= names
    assert "docker-compose.override.yml" not in names
    folder = tmp_path / f"dawn-chorus-{VERSION}"
    services = yaml.safe_load((folder / "docker-compose.yml").read_text())["services"]
    assert not [name for name, service in services.items() if "build" in service]
    assert {service["image"].rpartition("/")[2].partition(":")[0] for service in services.values()} >= set(OURS)
    # What is mounted by a path comes along; secrets are made.
    subprocess.run(["make", "--silent", "secrets"], cwd=folder, check=True, capture_output=True)
    mounts = re.findall(r"\./(deploy/[\w./-]+):", (folder / "docker-compose.yml").read_text())
    assert [mount for mount in mounts if not (folder / mount).exists()] == []


def test_each_architecture_has_its_images_and_a_gpu_only_amd64(tmp_path: Path) -> None:
    known = note_calls(tmp_path, "docker")
    for arch in ("amd64", "arm64"):
        assert run("build-images", VERSION, arch, **known).returncode == 0
    tags = re.findall(r"--tag registry\.example/birds/(\S+)", (tmp_path / "calls").read_text())
    both = {f"{name}:{VERSION}-{arch}" for name in OURS for arch in ("amd64", "arm64")}
    assert set(tags) == both | {f"worker-gpu:{VERSION}-amd64"}
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    assert {tag.partition(":")[0] for tag in tags} <= set(
        re.findall(r"^FROM runtime AS (\S+)", dockerfile, re.MULTILINE)
    )


def test_what_is_published_is_signed_by_its_digest(tmp_path: Path) -> None:
    assert run("publish-images", VERSION, **note_calls(tmp_path, "docker", "cosign")).returncode == 0
    calls = (tmp_path / "calls").read_text()
    signed = re.findall(r"cosign sign --yes --recursive registry\.example/birds/(\S+)@sha256:abc\n", calls)
    assert signed == [*OURS, "worker-gpu"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_few_rights_and_runs_what_was_pinned(path: Path) -> None:
    text = path.read_text()
    workflow: dict[str, Any] = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert "group" in workflow["concurrency"]
    # Tests would see it, as they see whatever the shell sets: CHORUS_IMAGES goes before what stands in `.env`.
    assert "env" not in workflow
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 180
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))
            # An expression in a script is pasted into it as it is: values go by the environment.
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
        for script in re.findall(r"deploy/release/([a-z-]+)", str(job)):
            assert os.access(SCRIPTS / script, os.X_OK)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_says_that_it_has_no_recordings_as_they_are_not_in_the_repository(path: Path) -> None:
    steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    assert [step["env"] for step in steps if step.get("run") == ".ci/run"] == [{"CHORUS_AUDIO_DIR": "none"}]


def test_only_publishing_may_write_and_sign() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert {name for name, job in jobs.items() if "write" in job["permissions"].values()} == {"publish"}
    assert jobs["publish"]["needs"] == ["test", "build"]
