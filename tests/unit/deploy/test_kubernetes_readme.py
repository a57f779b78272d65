"""What deploy/README.md tells people to write and type for Kubernetes does what it says."""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from dawn_chorus.cli.app import app
from tests.unit.deploy.kubernetes import (
    FOLDER,
    NEWEST,
    OVERLAYS,
    ROOT,
    Manifest,
    pod_specs,
    render_folder,
)

TEXT = re.search(r"^## Kubernetes\n(.*?)^## ", (ROOT / "deploy" / "README.md").read_text(), re.MULTILINE | re.DOTALL)
assert TEXT
SECTION = TEXT[1]
REGISTRY = "registry.example.org/"


def lay_out(folder: Path) -> None:
    """Lay the manifests, and what they take in, as they lie in a checkout."""
    for name in ("kubernetes", "rabbitmq"):
        shutil.copytree(ROOT / "deploy" / name, folder / "deploy" / name)


@pytest.fixture
def manifests(tmp_path: Path) -> tuple[Manifest, ...]:
    """What the overlay of the README makes, laid where it says."""
    lay_out(tmp_path)
    named = re.search(r"`(deploy/\S+/kustomization\.yaml)`", SECTION)
    overlay = re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
    assert named
    assert overlay
    path = tmp_path / named[1]
    path.parent.mkdir()
    path.write_text(overlay[1])
    return render_folder(path.parent)


def test_the_overlay_takes_all_images_from_a_registry_and_serves_birdnet(manifests: tuple[Manifest, ...]) -> None:
    templates = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] in ("Deployment", "Job")]
    images = {image["image"] for pod in templates for image in (*pod.get("initContainers", ()), *pod["containers"])}
    assert all(image.startswith(REGISTRY) for image in images)
    configs = [each["data"] for each in manifests if each["kind"] == "ConfigMap"]
    (settings,) = (each for each in configs if "CHORUS_DEFAULT_PACK" in each)
    assert settings["CHORUS_DEFAULT_PACK"] == "birdnet"
    assert settings["CHORUS_TRUSTED_PROXIES"] == "10.0.0.7"
    assert settings["CHORUS_ACCEPT_LICENSE"] == "CC-BY-NC-SA-4.0"


def test_birdnet_is_fetched_through_a_way_out_that_is_opened_for_it_only(manifests: tuple[Manifest, ...]) -> None:
    (opened,) = (each for each in manifests if each["metadata"]["name"] == "to-model")
    assert opened["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "packs"
    assert opened["spec"]["egress"] == [{"ports": [{"port": 443, "protocol": "TCP"}]}]


def test_retention_each_night_is_the_operations_container_with_something_to_do(tmp_path: Path) -> None:
    lay_out(tmp_path)
    overlay = tmp_path / "deploy" / "kubernetes" / "overlays" / "mine"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [../cpu]\ncomponents: [../../components/retention]\n")
    (nightly,) = (each for each in render_folder(overlay) if each["kind"] == "CronJob")
    kubernetes_validate.validate(nightly, NEWEST, strict=True)
    pod = nightly["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    by_hand = dict(pod_specs(OVERLAYS[0])["operations"])
    (container,), (known,) = pod.pop("containers"), by_hand.pop("containers")
    differ = {key for key in container | known if container.get(key) != known.get(key)}
    assert differ == {"name", "command", "args"}
    differ = {key for key in pod | by_hand if pod.get(key) != by_hand.get(key)}
    assert differ == {"restartPolicy", "terminationGracePeriodSeconds"}
    group: Any = typer.main.get_command(app)
    command = group.commands[container["args"][0]]
    asked = command.parse_args(command.context_class(command), list(container["args"][1:]))
    assert asked == []


def test_the_secret_has_all_the_keys_that_manifests_ask_for() -> None:
    made = set(re.findall(r"--from-literal=(\w+)=", SECTION)) | set(re.findall(r"--from-file=secrets/(\S+)", SECTION))
    asked = set(re.findall(r"key: (\w+(?:_url|\.json))", "".join(p.read_text() for p in FOLDER.rglob("*.yaml"))))
    assert made == asked


def test_the_loop_over_alerts_makes_rules_of_the_files_that_compose_has() -> None:
    (loop,) = (block for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL) if "PrometheusRule" in block)
    command = ["bash", "-euc", f"kubectl() {{ cat; echo; echo ---; }}\n{loop}"]
    sent = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    made = {rule["metadata"]["name"]: rule for rule in yaml.safe_load_all(sent) if rule}
    files = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "deploy/prometheus/rules").glob("*.yml")}
    assert {name: rule["spec"] for name, rule in made.items()} == files
    types: Any = import_module("cloudcoil.models.prometheus_operator.v1")
    for rule in made.values():
        assert (
            types.PrometheusRule.model_validate(rule).model_dump(mode="json", by_alias=True, exclude_unset=True) == rule
        )


def test_the_folders_of_the_table_are_those_that_there_are() -> None:
    told = set(re.findall(r"^\| `(\S+)` \|", SECTION, re.MULTILINE))
    assert told == {str(path.parent.relative_to(FOLDER)) for path in FOLDER.rglob("kustomization.yaml")}
