"""Logs: JSON lines in production, readable lines in development, each with its correlation id and without secrets."""

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "(redacted)"
SECRET_NAMES = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|api[-_]?key|cookie|jwt|dsn|database_url|redis_url|private)"
)
SECRET_SHAPES = re.compile(
    r"(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"  # JSON web tokens
    r"|((?i:bearer|api-key)\s+[\w.~+/=-]{8,})"
    r"|((?<=://)[^/\s:@]*:[^/\s@]+(?=@))"  # user:password@ in an address
    r"|((?i:(?<=[?&]token=))[^&\s\"']+)"
    r"|(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"
)


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Blank what a log line must not hold: values under secret names, and known token shapes anywhere.

    Args:
        logger: Unused; structlog's processor signature.
        method: Unused.
        event: The log entry.

    Returns:
        A copy that is safe to write.
    """
    return {key: _safe(key, value) for key, value in event.items()}


def _safe(key: str, value: Any) -> Any:
    if SECRET_NAMES.search(key) and value is not None:
        return REDACTED
    if isinstance(value, str):
        return SECRET_SHAPES.sub(REDACTED, value)
    if isinstance(value, dict):
        return {str(name): _safe(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_safe("", inner) for inner in value]
    if isinstance(value, int | float | bool) or value is None:
        return value
    return SECRET_SHAPES.sub(REDACTED, str(value))


def logging_config(*, production: bool, level: str) -> None:
    """Route the standard library's and structlog's entries through one chain.

    Args:
        production: JSON lines rather than readable ones.
        level: The lowest level written, e.g. `INFO`.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if production
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    final: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
        renderer,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(shared, final, level))


def _standard_library(shared: list[Processor], final: list[Processor], level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "chain": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": final,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "chain"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "django.db.backends": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
            "procrastinate.worker": {"level": "INFO"},
        },
    }
