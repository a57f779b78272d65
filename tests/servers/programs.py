"""Programs that the tests run and Debian packages bring."""

import shutil

import pytest


def find_program(name: str) -> str:
    """Return the program's path; without it the test fails, it is never skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"no {name}: run `make setup`", pytrace=False)
    return path
