"""What runs here stays here: ONNX Runtime tells nobody of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SYNTHETIC = Path(__file__).parents[3] / "models" / "packs" / "synthetic"

OPEN = """
from pathlib import Path
from dawn_chorus.inference.self_test import verify_pack
from dawn_chorus.inference.session import SessionOptions
print(verify_pack(Path({pack!r}), SessionOptions()))
"""


@pytest.mark.parametrize("told", ["0", ""])
def test_a_network_is_opened_without_onnx_runtimes_telemetry(tmp_path: Path, told: str) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "ORT_DISABLE_TELEMETRY": told}
    command = [sys.executable, "-P", "-c", OPEN.format(pack=str(SYNTHETIC))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "self-test passed" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".ses")] == []
