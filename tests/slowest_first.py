"""The order of the tests: each file is run by one process, and one that takes long and begins last has others wait."""

from pathlib import Path

import pytest

SLOWEST = (
    "tests/foreign_networks/test_scores.py",
    "tests/integration/test_api_journeys.py",
    "tests/unit/model_import",
    "tests/integration/test_api_picture_flood.py",
    "tests/integration/test_dashboards_live.py",
    "tests/integration/test_birdnet_install.py",
    "tests/end_to_end/test_wheel.py",
    "tests/unit/inference",
)
"""Files and folders, those that take longest first."""
_ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the slowest to the front; what is left keeps its order. Raise `UsageError` for one that is not there."""
    lost = [path for path in SLOWEST if not (_ROOT / path).exists()]
    if lost:
        raise pytest.UsageError(f"not there any more, mend tests/slowest_first.py: {', '.join(lost)}")
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, path in enumerate(SLOWEST) if item.path.is_relative_to(_ROOT / path)), len(SLOWEST))
