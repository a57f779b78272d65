"""One JSON line per event (plain text with color on a terminal), with the ids of the current work on every line.

The standard library's loggers (pika, uvicorn, psycopg) use the same handler, so a log shipper sees one format.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from dawn_chorus.domain.errors import PermanentError

_SECRET_KEY = re.compile(r"authorization|password|passwd|secret|token|api_?key|credential", re.IGNORECASE)
_SECRET_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)(?=@)")
_SECRET_IN_QUERY = re.compile(r"(?i)([?&][\w-]*(?:secret|token|password|signature|key)[\w-]*=)[^&\s]+")
_BEARER = re.compile(r"(?i)\b(bearer\s+)\S+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CHATTY = {"pika": logging.CRITICAL, "uvicorn.access": logging.WARNING, "yoyo": logging.WARNING}
"""Levels of libraries that log too much (pika logs every failed attempt with a traceback); our own events cover it."""


def configure_logs(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error); called once, at the start of the process.

    Lines are JSON unless the stream is a terminal. Raises PermanentError for a level that there is not.
    """
    stream = stream or sys.stderr
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(stream))
    sink = logging.StreamHandler(stream)
    sink.setFormatter(formatter)
    logging.root.handlers = [sink]
    try:
        logging.root.setLevel(level.upper())
    except ValueError as error:
        raise PermanentError(f"CHORUS_LOG_LEVEL: {level[:40]!r} is none of DEBUG, INFO, WARNING, ERROR") from error
    _quiet_libraries()


def _rendering(stream: TextIO) -> list[structlog.types.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if stream.isatty():
        return [strip, _drop_color, hide_secrets, _show_controls, structlog.dev.ConsoleRenderer()]
    # The traceback becomes text before secrets are hidden: it may contain a URL.
    return [
        strip,
        _drop_color,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(default=str),
    ]


def _drop_color(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove the copy of the message that uvicorn adds for terminals."""
    event.pop("color_message", None)
    return event


def _show_controls(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write control characters as escapes: a terminal obeys them, and paths and names of files are from anybody."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    return event


def _quiet_libraries() -> None:
    for name, level in _CHATTY.items():
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask values whose key names a secret, and passwords in URLs, headers and tracebacks."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = redact(value)
    return event


def redact(text: str) -> str:
    """Return the text with passwords in URLs, secrets in query strings and bearer tokens masked."""
    text = _SECRET_IN_URL.sub(r"\1:***", text)
    return _BEARER.sub(r"\1***", _SECRET_IN_QUERY.sub(r"\1***", text))


@contextmanager
def log_ids(**ids: UUID | int | str) -> Iterator[None]:
    """Add ids (`recording_id`, `analysis_id`, `segment`) to every line that this thread or task logs in the context."""
    with bound_contextvars(**{name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()}):
        yield


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; `log.info("segment saved", seconds=1.2)`: a fixed event and named values."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
