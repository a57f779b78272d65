"""What the service logs meanwhile, for tests to read."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from dawn_chorus.adapters.logs import configure_logs


@pytest.fixture
def logged_lines() -> Iterator[io.StringIO]:
    """All that is logged, from INFO on, a JSON object a line; afterwards logging is as it was."""
    handlers, level = logging.root.handlers, logging.root.level
    stream = io.StringIO()
    configure_logs("INFO", stream=stream)
    yield stream
    logging.root.handlers = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
