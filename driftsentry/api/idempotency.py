"""`Idempotency-Key`: the same key and request answer the first response again; another request with it is refused.

An answer is kept for a day, once it is made; a refusal is not kept, since nothing was created and a retry may succeed.
While the first request is still being answered, a second one is refused and may try again.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import BinaryField, F, Func, IntegerField, Q, Value
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from driftsentry.api.envelope import CONTENT_TYPE, dumps, success
from driftsentry.api.errors import Conflict, Invalid
from driftsentry.api.models import IdempotentRequest
from driftsentry.api.tenancy import account_id_of

HEADER = "Idempotency-Key"
MAX_KEY = 255
KEPT = timedelta(days=1)
ABANDONED = timedelta(minutes=5)
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


def _honouring(method: View, secrets: tuple[str, ...]) -> Callable[..., Response | HttpResponse]:
    @functools.wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not key.strip() or len(key) > MAX_KEY or not key.isprintable():
            raise Invalid(f"{HEADER} takes 1 to {MAX_KEY} printable characters.")
        ours, theirs = _claim(request, key)
        if ours is None:
            return theirs
        try:
            response = method(view, request, *args, **kwargs)
        except BaseException:
            ours.delete()
            raise
        if response.status_code >= status.HTTP_400_BAD_REQUEST:
            ours.delete()
        else:
            _keep(ours, response, secrets)
        return response

    return wrapped


def _claim(request: Request, key: str) -> tuple[IdempotentRequest | None, HttpResponse]:
    """Take the key for this request, or find the answer that was given to it before.

    Raises:
        Conflict: The key belongs to another request, or its first request is still being answered.
    """
    digest = _digest(request)
    owner = cast("UUID", request.user.pk)
    mine = IdempotentRequest(account_id=account_id_of(request), user_id=owner, key=key, digest=digest)
    same_key = IdempotentRequest.objects.filter(user_id=owner, key=key)
    same_key.filter(created_at__lt=timezone.now() - KEPT).delete()
    same_key.filter(status=None, created_at__lt=timezone.now() - ABANDONED).delete()
    try:
        with transaction.atomic():
            mine.save(force_insert=True)
    except IntegrityError:
        return None, _answer_again(same_key.first(), digest)
    return mine, HttpResponse()


def _answer_again(first: IdempotentRequest | None, digest: bytes) -> HttpResponse:
    if first is None or first.status is None:
        raise Conflict(f"A request with this {HEADER} is still being answered; try again shortly.")
    if bytes(first.digest) != digest:
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
