"""Adds the self-test to a new pack."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dawn_chorus.inference.self_test import write_golden
from dawn_chorus.inference.synthetic_sound import synthesize_dawn


def add_self_test(arguments: Mapping[str, Any]) -> None:
    """Write golden.npz and [files]; raises InvalidPack where the network does not match pack.toml."""
    rate_hz = arguments["sample_rate_hz"]
    write_golden(Path(arguments["folder"]), synthesize_dawn(arguments["duration_s"], rate_hz), rate_hz)
