"""Logs: JSON lines in production, readable lines in development, each with its correlation id and without secrets."""

import logging.config
import re
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "(redacted)"
_NAMES = (
    "password|passwd|secret|token|authorization|api[-_]?key|cookie|sessionid|jwt|dsn|database_url|redis_url|private"
)
SECRET_NAMES = re.compile(rf"(?i)({_NAMES})")
SECRET_SHAPES = re.compile(
    r"((?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"  # JSON web tokens
    r"|((?i:bearer|basic|api-key)\s+[\w.~+/=-]{8,})"
    r"|((?<=://)[^/\s:@]*:[^/\s@]+(?=@))"  # user:password@ in an address
    r"|(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"
    r"|((?<=[?&]code=)[^&\s\"']+)"  # of a single sign-on, in the address that the provider sends the browser back to
    r"|(dsk_[A-Za-z0-9]{8,12}_[A-Za-z0-9_-]{32,})"  # our own API keys
)
# password=…, "token": "…", ?token=…, also within JSON within a string. The bounds keep a long hostile line cheap.
NAMED_IN_TEXT = re.compile(
    rf"""(?i)((?:{_NAMES})[\w-]{{0,40}}\\{{0,4}}["']?\s{{0,4}}[=:]\s{{0,4}})"""
    r"""(?:"[^"\\]*"|'[^'\\]*'|\\{0,4}["']?[^\s"',;&)}\]\\]+)"""
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
        return _safe_text(value)
    if isinstance(value, dict):
        return {str(name): _safe(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return _safe_items(value)
    if isinstance(value, int | float | bool) or value is None:
        return value
    return _safe_text(str(value))


def _safe_items(items: Sequence[Any]) -> list[Any]:
    """A pair may be a name and its value, as headers are handed about."""
    if len(items) == 2 and isinstance(items[0], str | bytes):
        return [_safe("", items[0]), _safe(str(items[0]), items[1])]
    return [_safe("", item) for item in items]


def _safe_text(text: str) -> str:
    return NAMED_IN_TEXT.sub(rf"\g<1>{REDACTED}", SECRET_SHAPES.sub(REDACTED, text))


def tell_request(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Give Django's own lines about a request its correlation id: it writes some after the request's context is gone.

    Args:
        logger: Unused; structlog's processor signature.
        method: Unused.
        event: The log entry, which may hold the request itself.
    """
    ident = getattr(event.get("request"), "correlation_id", "")
    if ident:
        request = event["request"]
        event.update(correlation_id=ident, request=f"{request.method} {request.get_full_path()}")
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    tell_request,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
PROCESSORS: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *SHARED,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]
"""One list for good: a logger keeps the one that it first met."""


def logging_config(*, production: bool, level: str) -> None:
    """Route the standard library's and structlog's entries through one chain.

    Args:
        production: JSON lines rather than readable ones.
        level: The lowest level written, e.g. `INFO`.
    """
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
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(final, level))


def _standard_library(final: list[Processor], level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "chain": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
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
            "httpx": {"level": "WARNING"},  # it names whole addresses, and a webhook's address is a secret
            # While Redis is away it writes a traceback every second; the doorbell and readiness say so in a line.
            "channels_redis": {"level": "CRITICAL"},
            "procrastinate": {"level": "WARNING"},
            "procrastinate.worker": {"level": "INFO"},
        },
    }
