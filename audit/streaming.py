"""A file sent while it is made: piece by piece, under WSGI and ASGI alike."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.request import Request

JSON_LINES = "application/x-ndjson"


def sent_as_file(request: HttpRequest | Request, pieces: Iterator[bytes], *, name: str) -> StreamingHttpResponse:
    """An answer whose body is made as it is sent, for a browser to keep.

    Django would gather the whole of a plain iterator under ASGI, and of an asynchronous one under WSGI.

    Args:
        request: The request, of Django or DRF.
        pieces: The body; it holds no transaction between two pieces.
        name: The file's name, of letters, digits, dots and hyphens.
    """
    plain = getattr(request, "_request", request)
    sent = pieces if request.method == "GET" else iter(())
    return StreamingHttpResponse(
        _one_after_another(sent) if isinstance(plain, ASGIRequest) else sent,
        content_type=JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
    )


async def _one_after_another(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes:
        return next(pieces, b"")

    while piece := await sync_to_async(following)():
        yield piece
