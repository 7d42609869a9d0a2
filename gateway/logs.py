"""How the log is written."""

import sys

import structlog


def configure_logs(log_format: str, *, level: str) -> None:
    """
    Write events to standard error.

    Args:
        log_format: ``json``, one object a line, or ``console`` for people.
        level: The least of what is written, as ``info``.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if log_format == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
