"""Each request begins behind the wall, for nobody; authentication says for whom. See `driftsentry.api.tenancy`."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from driftsentry.api import tenancy


@sync_and_async_middleware
def TenancyMiddleware(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    """Hold each request behind the wall, and forget at its end whose it was.

    Args:
        get_response: The rest of the chain.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            with tenancy.behind():
                response: HttpResponse = await get_response(request)
                return response

        markcoroutinefunction(asynchronous)
        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        with tenancy.behind():
            response: HttpResponse = get_response(request)  # type: ignore[assignment]
            return response

    return synchronous
