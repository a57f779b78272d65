"""Every manifest is what Kubernetes, KEDA and the operators expect, down to the last field."""

import re
from importlib import import_module
from typing import Any

import kubernetes_validate
import pytest

from tests.unit.deploy.kubernetes import NEWEST, OLDEST, OVERLAYS, Manifest, of_kind, render, the

# By group and version: where the types of others' resources are.
TYPES = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
RABBITMQ = "rabbitmq.com/v1beta1"
# Of `kubectl explain rabbitmqcluster.spec`. No package carries the whole schema.
RABBITMQ_FIELDS = {
    "": {
        "replicas", "image", "imagePullSecrets", "service", "persistence", "resources", "affinity", "tolerations",
        "rabbitmq", "tls", "override", "skipPostDeploySteps", "autoEnableAllFeatureFlags",
        "terminationGracePeriodSeconds", "delayStartSeconds", "secretBackend",
    },
    "persistence": {"storageClassName", "storage"},
    "rabbitmq": {"additionalPlugins", "additionalConfig", "advancedConfig", "envConfig", "erlangInetConfig"},
    "override": {"statefulSet", "service"},
}  # fmt: skip


def of_kubernetes(part: str) -> list[Manifest]:
    others = (*TYPES, RABBITMQ)
    return [each for each in render(part) if each["apiVersion"] not in others]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("part", ["base", *OVERLAYS])
def test_manifests_fit_the_schemas_of_kubernetes(part: str, version: str) -> None:
    for manifest in of_kubernetes(part):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelled_field_would_be_found() -> None:
    service = the("base", "Service", "api")
    wrong = {**service, "spec": {**service["spec"], "selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.parametrize("part", OVERLAYS)
def test_what_is_for_keda_and_prometheus_fits_their_types(part: str) -> None:
    theirs = [each for each in render(part) if each["apiVersion"] in TYPES]
    assert {each["kind"] for each in theirs} == {"ScaledObject", "TriggerAuthentication", "PodMonitor"}
    for manifest in theirs:
        model: Any = getattr(import_module(TYPES[manifest["apiVersion"]]), manifest["kind"])
        # A field that they do not know would be dropped.
        assert model.model_validate(manifest).model_dump(mode="json", by_alias=True, exclude_unset=True) == manifest


@pytest.mark.parametrize("part", OVERLAYS)
def test_the_cluster_of_rabbitmq_has_fields_that_its_operator_knows(part: str) -> None:
    cluster = the(part, "RabbitmqCluster", "broker")
    assert cluster["apiVersion"] == RABBITMQ
    assert set(cluster["spec"]) <= RABBITMQ_FIELDS[""]
    for field in ("persistence", "rabbitmq", "override"):
        assert set(cluster["spec"][field]) <= RABBITMQ_FIELDS[field]
    # What it hands through is of Kubernetes.
    template = cluster["spec"]["override"]["statefulSet"]["spec"]["template"]
    for spec in (template["spec"], {"containers": [{"name": "any", "resources": cluster["spec"]["resources"]}]}):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, "spec": spec}
        kubernetes_validate.validate(pod, NEWEST, strict=True)
    pod["spec"] = {"containers": [{"name": "any"}], "affinity": cluster["spec"]["affinity"]}
    kubernetes_validate.validate(pod, NEWEST, strict=True)


@pytest.mark.parametrize("part", OVERLAYS)
def test_nothing_is_left_outside_the_namespace(part: str) -> None:
    (namespace,) = of_kind(part, "Namespace")
    assert {each["metadata"].get("namespace") for each in render(part) if each["kind"] != "Namespace"} == {namespace}


def test_the_base_leaves_the_namespace_open() -> None:
    assert not [each for each in render("base") if "namespace" in each["metadata"]]


@pytest.mark.parametrize("part", OVERLAYS)
def test_names_are_used_once_and_configuration_is_found_by_the_name_it_got(part: str) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in render(part)]
    assert len(set(names)) == len(names)
    made = of_kind(part, "ConfigMap")
    assert all(re.search(r"-[a-z0-9]{10}$", name) for name in made)
    used = {name for each in render(part) for name in find_configmaps(each)}
    assert used == set(made)


def find_configmaps(document: Any) -> set[str]:
    """Return the names under `configMap` and `configMapRef`, wherever they stand."""
    if isinstance(document, list):
        return {name for each in document for name in find_configmaps(each)}
    if not isinstance(document, dict):
        return set()
    own = {value["name"] for key, value in document.items() if key in ("configMap", "configMapRef")}
    return own | {name for value in document.values() for name in find_configmaps(value)}
