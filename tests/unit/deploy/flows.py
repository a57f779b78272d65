"""Who may talk to whom by a set of NetworkPolicies, as Kubernetes reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Peer:
    """A pod, or a server outside of the cluster, which has no namespace."""

    name: str
    namespace: str | None
    labels: Mapping[str, str]


def may_talk(policies: Iterable[Policy], source: Peer, target: Peer, port: int) -> bool:
    """Return whether a TCP connection comes about: one side may send, and the other may receive."""
    policies = list(policies)
    return _admits(policies, "Egress", source, target, port) and _admits(policies, "Ingress", target, source, port)


def _admits(policies: Iterable[Policy], direction: str, own: Peer, other: Peer, port: int) -> bool:
    """Where no policy is about a peer all is allowed; else what any of them allows."""
    about = [policy for policy in policies if _is_about(policy, direction, own)]
    rules = [rule for policy in about for rule in policy["spec"].get(direction.lower(), ())]
    return not about or any(_fits(rule, direction, own, other, port) for rule in rules)


def _is_about(policy: Policy, direction: str, peer: Peer) -> bool:
    spec = policy["spec"]
    here = peer.namespace is not None and policy["metadata"]["namespace"] == peer.namespace
    return here and direction in spec["policyTypes"] and _selects(spec["podSelector"], peer.labels)


def _fits(rule: Policy, direction: str, own: Peer, other: Peer, port: int) -> bool:
    peers = rule.get("to" if direction == "Egress" else "from")
    ports = rule.get("ports")
    right_port = ports is None or any(_covers(each, port) for each in ports)
    return right_port and (peers is None or any(_is_peer(each, own, other) for each in peers))


def _covers(ports: Policy, port: int) -> bool:
    first, last = int(ports["port"]), int(ports.get("endPort", ports["port"]))
    return ports.get("protocol", "TCP") == "TCP" and first <= port <= last


def _is_peer(wanted: Policy, own: Peer, other: Peer) -> bool:
    if other.namespace is None:
        return False
    if "namespaceSelector" in wanted:
        here = _selects(wanted["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace})
    else:
        here = other.namespace == own.namespace
    return here and _selects(wanted.get("podSelector", {}), other.labels)


def _selects(selector: Policy, labels: Mapping[str, str]) -> bool:
    named = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return named and all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
