"""The stream over REST, and its AsyncAPI document."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import orjson
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Alert
from driftsentry.api.access import Permission, Reach
from driftsentry.api.envelope import CONTENT_TYPE, dumps
from driftsentry.api.errors import Conflict, Invalid
from driftsentry.api.filtering import MAX_VALUES, refuse_unknown_parameters
from driftsentry.api.openapi import PublicView
from driftsentry.api.pagination import whole_number
from driftsentry.api.tenancy import account_id_of
from driftsentry.realtime.asyncapi import document
from driftsentry.realtime.catch_up import Asked, PastGone, catch_up
from driftsentry.realtime.events import FILTERS, Channel
from driftsentry.realtime.protocol import ALERT_TYPES, Filter, Subscriptions, Wanted

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_SEQ = 10**12 - 1
FACETS = sorted(frozenset[str]().union(*FILTERS.values()))
NAME = "[^,]{0,200}"
NAMES = {"type": "string", "pattern": f"^{NAME}(,{NAME}){{0,{MAX_VALUES - 1}}}$"}
WORDS = {
    "severity": "Severities, separated by commas; of drifts and alerts.",
    "stack": "Names of stacks, separated by commas; of all channels.",
    "resourceType": "Families of resources, separated by commas; of drifts.",
    "region": "Regions, separated by commas; of drifts.",
    "type": "Types of alerts, separated by commas.",
}


def _any_of(values: Collection[str]) -> dict[str, str]:
    """A list of some of few values, or `all`, as OpenAPI says it."""
    word = f" *({'|'.join(sorted(values))}|all)? *"
    return {"type": "string", "pattern": f"^{word}(,{word}){{0,{MAX_VALUES - 1}}}$"}


CHOICES = {"severity": _any_of(Alert.Severities.values), "type": _any_of(ALERT_TYPES)}
PARAMETERS = [
    OpenApiParameter(
        "after",
        {"type": "integer", "minimum": 0, "maximum": MAX_SEQ, "default": 0},
        description="The `seq` or `cursor` to go on from; 0: the beginning.",
    ),
    OpenApiParameter(
        "epoch",
        {"type": "string", "format": "uuid"},
        description="The journal's epoch, as `ready`, `reset` or an earlier page told it: another one answers 409.",
    ),
    OpenApiParameter("channel", _any_of(FILTERS), description="Channels, separated by commas; all by default."),
    *(OpenApiParameter(name, CHOICES.get(name, NAMES), description=WORDS[name]) for name in FACETS),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="Most events of a page; with a filter it may hold fewer and there may be more all the same.",
    ),
]


EVENT = {
    "type": "object",
    "description": "One event, exactly as the socket sends it; `/api/asyncapi.json` describes each.",
    "properties": {
        "event": {"type": "string"},
        "seq": {"type": "integer", "minimum": 1},
        "prev": {"type": "integer", "minimum": 0},
        "at": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
    "required": ["event", "seq", "prev", "at", "data"],
}
PAGE = {
    "type": "object",
    "properties": {
        "events": {"type": "array", "items": EVENT, "maxItems": MAX_LIMIT},
        "cursor": {"type": "integer", "minimum": 0},
        "epoch": {"type": "string"},
        "hasMore": {"type": "boolean"},
    },
    "required": ["events", "cursor", "epoch", "hasMore"],
}


class EventViewSet(viewsets.ViewSet):
    """What happened, as the live stream tells it."""

    permissions: ClassVar[dict[str, Permission]] = {"read": Permission.READ}
    # The numbers and the cursor tell of the account as a whole, so this is nothing for a key of one stack.
    reach: ClassVar[dict[str, Reach]] = {"read": Reach.ACCOUNT}
    extra_refusals: ClassVar[dict[str, tuple[str, ...]]] = {"read": ("409",)}

    @extend_schema(parameters=PARAMETERS, responses={200: PAGE})
    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What happened after an entry of the journal, in its order: each event as `/ws` sends it, and only those.

        Ask again with `after` set to `cursor` while `hasMore`; then a socket may `resume` from it, and nothing is
        missed or told twice. Where the past is not available (another epoch, archived, or a number that the journal
        has not reached) it is a 409, whose `details.reset` says from where to go on after fetching everything afresh:
        an answer that could be taken for a quiet past would lose events unnoticed.
        """
        refuse_unknown_parameters(request, {"after", "epoch", "channel", "limit", *FACETS})
        try:
            page = catch_up(account_id_of(request), _asked(request))
        except PastGone as gone:
            raise Conflict(f"{gone} Fetch everything afresh.", details={"reset": gone.data}) from gone
        return Response(
            {
                "events": [orjson.Fragment(frame) for frame in page.frames],
                "cursor": page.cursor,
                "epoch": page.epoch,
                "hasMore": page.has_more,
            }
        )


def _asked(request: Request) -> Asked:
    return Asked(
        after=whole_number(request, "after", default=0, low=0, high=MAX_SEQ),
        epoch=_epoch(request),
        subscriptions=_subscriptions(request),
        limit=whole_number(request, "limit", default=DEFAULT_LIMIT, low=1, high=MAX_LIMIT),
    )


def _epoch(request: Request) -> str | None:
    given = request.query_params.get("epoch", "")
    try:
        return str(UUID(given)) if given else None
    except ValueError as error:
        raise Invalid.field("epoch", "An epoch is a UUID.") from error


def _subscriptions(request: Request) -> Subscriptions:
    """Each channel asked for, with those of the filters that it has: the others cannot rule its events out.

    Raises:
        Invalid: A channel is unknown.
    """
    named = set(_listed(request, "channel")) - {"all"}
    unknown = sorted(named - set(FILTERS))
    if unknown:
        raise Invalid.field("channel", f"{unknown[0][:80]!r} is not one of: {', '.join(FILTERS)}, all.")
    channels: tuple[Channel, ...] = tuple(one for one in FILTERS if one in named or not named)
    wanted = _wanted(request)
    return {
        channel: {facet: values for facet, values in wanted.items() if facet in FILTERS[channel]}
        for channel in channels
    }


def _wanted(request: Request) -> Wanted:
    """The filters, checked as those of a `subscribe` are."""
    wanted: dict[str, frozenset[str]] = {}
    for facet in FACETS:
        values = _listed(request, facet)
        if not values:
            continue
        try:
            found = msgspec.convert({facet: values}, Filter)
        except msgspec.ValidationError as error:
            raise Invalid.field(facet, f"{error}.") from error
        if found.unknown():
            raise Invalid.field(facet, found.unknown())
        wanted |= found.wanted()
    return wanted


def _listed(request: Request, name: str) -> list[str]:
    values = [word.strip(" ") for word in request.query_params.get(name, "").split(",") if word.strip(" ")]
    if len(values) > MAX_VALUES:
        raise Invalid.field(name, f"At most {MAX_VALUES} values.")
    return list(dict.fromkeys(values))


class AsyncApiView(PublicView):
    """The AsyncAPI document of `/ws`, as JSON."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Give the document.

        Args:
            request: The request.
        """
        return HttpResponse(dumps(document()), content_type=CONTENT_TYPE)
