"""A file sent while it is made: piece by piece, under WSGI and ASGI alike."""

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnyAccepted(BaseContentNegotiation):
    """Whoever asks for a file by its own media type is answered; refusals are JSON as everywhere."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """None: there is no body.

        Args:
            request: The request.
            parsers: Unused.
        """
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one, whatever is accepted.

        Args:
            request: The request.
            renderers: Those of the view.
            format_suffix: Unused.
        """
        first = next(iter(renderers))
        return first, str(first.media_type)


def sent_as_file(
    request: HttpRequest | Request, pieces: Iterator[bytes], *, name: str, media_type: str
) -> StreamingHttpResponse:
    """An answer whose body is made as it is sent, for a browser to keep.

    Django would gather the whole of a plain iterator under ASGI, and of an asynchronous one under WSGI.

    Args:
        request: The request, of Django or DRF.
        pieces: The body; it holds no transaction between two pieces.
        name: The file's name, of letters, digits, dots and hyphens.
        media_type: What it is, as `Content-Type` says it.
    """
    plain = getattr(request, "_request", request)
    sent = pieces if request.method == "GET" else iter(())
    return StreamingHttpResponse(
        _one_after_another(sent) if isinstance(plain, ASGIRequest) else sent,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
    )


async def _one_after_another(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes:
        try:
            return next(pieces, b"")
        finally:
            close_old_connections()  # back to the pool: the next piece may be asked for much later

    while piece := await sync_to_async(following)():
        yield piece
