"""`Idempotency-Key`: the same key and request answer the first response again; another request with it is refused.

An answer is kept for a day, once it is made; a refusal is not kept, since nothing was created and a retry may succeed.
What a request does and its kept answer are one transaction: a server that dies in between leaves neither, and one that
dies after it leaves both. While the first request is still being answered, a second one is refused and may try again;
it waits for a lock that ends with the first one's transaction, however that ends.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, F, Func, IntegerField, Q, QuerySet, Value
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from driftsentry.api import units
from driftsentry.api.envelope import CONTENT_TYPE, dumps, success
from driftsentry.api.errors import ApiError, Conflict, Invalid
from driftsentry.api.models import IdempotentRequest
from driftsentry.api.tenancy import account_id_of

HEADER = "Idempotency-Key"
MAX_KEY = 255
KEPT = timedelta(days=1)
View = Callable[..., Response]


def idempotent(method: View) -> Callable[..., Response | HttpResponse]:
    """Honour `Idempotency-Key` on a creating method of a view.

    Args:
        method: The view's method; its request must be authenticated.
    """
    return _honouring(method, ())


def idempotent_but_for(*secrets: str) -> Callable[[View], Callable[..., Response | HttpResponse]]:
    """The same for an answer that holds what is shown once: it is not kept, and a repeat has null in its place.

    Args:
        *secrets: The answer's fields, by their wire names.
    """
    return functools.partial(_honouring, secrets=secrets)


def idempotent_by_nature(method: View) -> Callable[..., Response | HttpResponse]:
    """The same for a method that may be done twice at will, and that writes in several transactions.

    While a request is being answered, and after its server has died, the same one does it again and finds it done.

    Args:
        method: The view's method; its request must be authenticated.
    """

    @functools.wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = _key_of(request)
        if key is None:
            return method(view, request, *args, **kwargs)
        with units.whole():
            _forget_old(request, key)
            ours, _ = _of_key(request, key).get_or_create(defaults=_first(request, key))
        if ours.status is not None or bytes(ours.digest) != _digest(request):
            return _answer_again(ours, request)
        try:
            response = method(view, request, *args, **kwargs)
        except ApiError:
            _of_key(request, key).filter(status=None).delete()
            raise
        _keep(ours, response, ())
        return response

    return wrapped


def _honouring(method: View, secrets: tuple[str, ...]) -> Callable[..., Response | HttpResponse]:
    @functools.wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = _key_of(request)
        if key is None:
            return method(view, request, *args, **kwargs)
        with units.whole():
            _lock(request, key)
            _forget_old(request, key)
            first = _of_key(request, key).first()
            if first is not None:
                return _answer_again(first, request)
            response = method(view, request, *args, **kwargs)
            if response.status_code < status.HTTP_400_BAD_REQUEST:
                _keep(IdempotentRequest.objects.create(**_first(request, key)), response, secrets)
        return response

    return wrapped


def _key_of(request: Request) -> str | None:
    """The request's key; None where it has none.

    Raises:
        Invalid: It is no key.
    """
    key: str | None = request.headers.get(HEADER)
    if key is not None and (not key.strip() or len(key) > MAX_KEY or not key.isprintable()):
        raise Invalid(f"{HEADER} takes 1 to {MAX_KEY} printable characters.")
    return key


def _lock(request: Request, key: str) -> None:
    """Let nobody else answer this key until the transaction ends.

    Raises:
        Conflict: Its first request is still being answered.
    """
    with connection.cursor() as cursor:
        name = f"idempotency {request.user.pk} {key}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        if not cursor.fetchone()[0]:
            raise Conflict(f"A request with this {HEADER} is still being answered; try again shortly.")


def _of_key(request: Request, key: str) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(user_id=cast("UUID", request.user.pk), key=key)


def _forget_old(request: Request, key: str) -> None:
    _of_key(request, key).filter(created_at__lt=timezone.now() - KEPT).delete()


def _first(request: Request, key: str) -> dict[str, Any]:
    """The row of a key that is new."""
    owner = cast("UUID", request.user.pk)
    return {"account_id": account_id_of(request), "user_id": owner, "key": key, "digest": _digest(request)}


def _answer_again(first: IdempotentRequest, request: Request) -> HttpResponse:
    if bytes(first.digest) != _digest(request):
        raise Conflict(f"This {HEADER} was used for another request; take a new one.")
    response = HttpResponse(bytes(first.body), status=first.status, content_type=CONTENT_TYPE)
    if first.location:
        response["Location"] = first.location
    return response


def _digest(request: Request) -> bytes:
    """What makes two requests the same: method, path (with or without its slash), query and the body as decoded."""
    query = request.META.get("QUERY_STRING", "")
    hashed = hashlib.sha256(f"{request.method} {request.path.rstrip('/')}?{query}\n".encode())
    data: Any = request.data
    hashed.update(data if isinstance(data, bytes) else dumps(data))
    return hashed.digest()


def _keep(mine: IdempotentRequest, response: Response, secrets: tuple[str, ...]) -> None:
    data = {**response.data, **dict.fromkeys(secrets)} if secrets else response.data
    IdempotentRequest.objects.filter(pk=mine.pk).update(
        status=response.status_code, body=dumps(success(data)), location=response.get("Location", "")
    )


def forget_old_requests() -> int:
    """Drop the answers that are no longer kept.

    Returns:
        How many.
    """
    dropped, _ = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return dropped


def forget_answers(account_id: UUID, user_id: UUID, *, holding: str) -> int:
    """Drop the answers to a user's requests, and those to others' of the account that hold a text.

    Args:
        account_id: The tenant.
        user_id: Whose requests.
        holding: The text.

    Returns:
        How many.
    """
    needle = Value(holding.encode(), output_field=BinaryField())
    place = Func(
        needle, F("body"), template="position(%(expressions)s)", arg_joiner=" in ", output_field=IntegerField()
    )
    of_account = IdempotentRequest.objects.filter(account_id=account_id).annotate(place=place)
    dropped, _ = of_account.filter(Q(user_id=user_id) | Q(place__gt=0)).delete()
    return dropped
