"""The rules of pack.toml for what is given in parts, before there is a pack."""

from collections.abc import Mapping
from typing import Any

from dawn_chorus.inference.packs.drafts.manifest_draft import parse_manifest
from dawn_chorus.inference.packs.manifest import Manifest

_SHA256 = "0" * 64
_FACTS = {
    "schema": 2,
    "name": "network",
    "version": "1",
    "license": "x",
    "attribution": "",
    "files": {"network.onnx": _SHA256, "taxa.csv": _SHA256},
}
_MEMBER = {
    "file": "network.onnx",
    "input": "waveform",
    "rule": "clip",
    "sample_rate_hz": 1,
    "window_s": 1.0,
    "hop_s": 1.0,
}


def parse_trial(facts: Mapping[str, Any], member: Mapping[str, Any]) -> Manifest:
    """Return the manifest with these keys, and with whatever is right for all others. Raises InvalidPack."""
    return parse_manifest({**_FACTS, **facts, "member": [{**_MEMBER, **member}]}, "")
