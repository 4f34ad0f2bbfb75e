"""Logging and trace ids. One event a line; names of claims may be logged, values, tokens and secrets never."""

import logging
import sys
from typing import Any, TextIO

import structlog

from claimsmith_server.settings import Settings

Logger = structlog.typing.FilteringBoundLogger
TRACE_ID_BYTES = 16


def configure_logging(settings: Settings, stream: TextIO | None = None) -> Logger:
    """The service's logger: JSON lines, or coloured lines for people; control characters are escaped in both."""
    console = settings.log_format == "console"
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=(stream or sys.stderr).isatty(), repr_native_str=True)
        if console
        else structlog.processors.JSONRenderer()
    )
    logger: Logger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        cache_logger_on_first_use=False,
    )
    return logger


def make_trace_id(entropy: bytes) -> str:
    """The id that ties an error's body to its line in the log: 32 hex digits."""
    return entropy.hex()
