"""Samples and scores do not depend on how many threads BLAS would like: whatever computes has one."""

import json
import os
import subprocess
import sys

import pytest

REPORT = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
import numpy, scipy.linalg, threadpoolctl
print(json.dumps({pool["internal_api"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}))
"""


@pytest.mark.parametrize("wanted", [None, "1", "4"])
@pytest.mark.parametrize("entry", ["cli.__main__", "worker.__main__", "inference.decoders.__main__"])
def test_an_entry_point_computes_on_one_thread_whatever_the_environment_says(entry: str, wanted: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {"OPENBLAS_NUM_THREADS": wanted, "OMP_NUM_THREADS": wanted} if wanted else {}
    command = [sys.executable, "-P", "-c", REPORT, f"dawn_chorus.{entry}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    threads = json.loads(done.stdout)
    assert "openblas" in threads
    assert set(threads.values()) == {1}
