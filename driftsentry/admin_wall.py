"""The admin behind the wall: an admin works for their own account, a superuser for all."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from accounts.models import User
from driftsentry.api import tenancy

ADMIN = "/admin/"
LOGIN = f"{ADMIN}login/"


@sync_and_async_middleware
def AdminWallMiddleware(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    """Let a request to the admin see what its user may; a middleware, because pages are rendered after their view.

    Args:
        get_response: The rest of the chain.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            user = await sync_to_async(_user_of)(request) if _is_inside(request) else None
            with _wall_of(user):
                response: HttpResponse = await get_response(request)
                return response

        markcoroutinefunction(asynchronous)
        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        with _wall_of(_user_of(request) if _is_inside(request) else None):
            response: HttpResponse = get_response(request)  # type: ignore[assignment]
            return response

    return synchronous


def _is_inside(request: HttpRequest) -> bool:
    """Whether it is for a page of the admin; on the log-in page somebody else than before may come in."""
    return request.path_info.startswith(ADMIN) and request.path_info != LOGIN


def _user_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.is_active else None


@contextmanager
def _wall_of(user: User | None) -> Iterator[None]:
    if user is None:
        yield
    elif user.is_superuser:
        with tenancy.lifted("a superuser in the admin"):
            yield
    else:
        with tenancy.within(user.account_id):
            yield
