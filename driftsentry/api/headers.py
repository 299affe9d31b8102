"""Headers that keep a browser from doing with our answers what they are not for."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

POLICY = "Content-Security-Policy"
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of what is no page: opened as one, it may load and run nothing."""
UNUSED = (  # noqa: SIM905 - it reads better
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen geolocation gyroscope "
    "hid idle-detection local-fonts magnetometer microphone midi otp-credentials payment picture-in-picture "
    "publickey-credentials-create publickey-credentials-get screen-wake-lock serial storage-access usb "
    "xr-spatial-tracking"
).split()
"""What a browser can do and no page of ours asks for."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PLAIN = ALWAYS | {POLICY: NOTHING, "Cache-Control": "no-store"}
"""Of an answer that is data and passes no middleware."""


def make_safe(request: HttpRequest, response: HttpResponse) -> None:
    """Complete the headers of an answer.

    Args:
        request: What was asked.
        response: The answer; what it says itself stands, but for its policy when it is no page.
    """
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if not is_page or "Location" in response.headers:
        response.headers[POLICY] = NOTHING
    is_file = request.path.startswith(settings.STATIC_URL) and "Cache-Control" in response.headers
    if not is_file and "no-store" not in response.headers.get("Cache-Control", ""):
        response.headers["Cache-Control"] = "no-store"


@sync_and_async_middleware
def SafeHeadersMiddleware(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], Any]:
    """Give every answer its safe headers, and keep none of them in a cache but static files.

    Args:
        get_response: The rest of the chain.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            response: HttpResponse = await get_response(request)
            make_safe(request, response)
            return response

        markcoroutinefunction(asynchronous)
        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)  # type: ignore[assignment]
        make_safe(request, response)
        return response

    return synchronous
