"""Pagination: pages for people, a keyset cursor for deep lists."""

import base64
import binascii
import math
from collections.abc import Sequence
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from driftsentry.api.errors import Invalid

MAX_LIMIT = 100
MAX_PAGE = 10_000_000
BAD_CURSOR = "The cursor is not one that this list gave."


def whole_number(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    """A bounded whole number from the query.

    Args:
        request: The request.
        name: The parameter.
        default: Where it is absent.
        low: The least allowed.
        high: The most allowed.

    Raises:
        Invalid: It is no whole number within the bounds.
    """
    given = request.query_params.get(name, "")
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 12 or not low <= int(given) <= high:
        raise Invalid.field(name, f"{name} must be a whole number from {low} to {high}.")
    return int(given)


class PagePagination(BasePagination):
    """`?page=` and `?limit=`, answering `{"items", "pagination"}`; `?cursor=` continues by key where a view allows it.

    A view that allows it names `cursor_order`: one unique, indexed column, with a leading `-` for descending.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """One page of the rows.

        Args:
            queryset: The filtered, ordered rows.
            request: Holds the query.
            view: The view; may name `cursor_order`.
        """
        self.limit = whole_number(request, "limit", default=20, low=1, high=MAX_LIMIT)
        cursor = request.query_params.get("cursor")
        cursor_order: str | None = getattr(view, "cursor_order", None)
        if cursor is not None and cursor_order:
            if {"sortBy", "sortOrder"} & set(request.query_params):
                raise Invalid.field("cursor", "Lists by cursor have one order: leave sortBy and sortOrder out.")
            return self._by_cursor(queryset, cursor, cursor_order)
        self.page = whole_number(request, "page", default=1, low=1, high=MAX_PAGE)
        start = (self.page - 1) * self.limit
        total = queryset.count()
        self.pagination: dict[str, Any] = {
            "total": total,
            "page": self.page,
            "pageSize": self.limit,
            "totalPages": math.ceil(total / self.limit),
            "hasMore": start + self.limit < total,
        }
        return list(queryset[start : start + self.limit]) if start < total else []

    def _by_cursor(self, queryset: QuerySet[Any], cursor: str, order: str) -> list[Any]:
        column = order.lstrip("-")
        if cursor:
            lookup = f"{column}__{'lt' if order.startswith('-') else 'gt'}"
            try:
                queryset = queryset.filter(**{lookup: _decode(cursor)})
            except (ValidationError, ValueError, TypeError) as error:
                raise Invalid.field("cursor", BAD_CURSOR) from error
        rows = list(queryset.order_by(order)[: self.limit + 1])
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        following = _encode(getattr(rows[-1], column)) if more else None
        self.pagination = {"nextCursor": following, "pageSize": self.limit, "hasMore": more}
        return rows

    def get_paginated_response(self, data: Sequence[Model]) -> Response:
        """The page with its place in the whole.

        Args:
            data: The serialized rows.
        """
        return Response({"items": data, "pagination": self.pagination})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The query parameters, for the OpenAPI document.

        Args:
            view: The view described.
        """
        parameters = [
            _parameter("page", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20}),
        ]
        if getattr(view, "cursor_order", ""):
            parameters.append(_parameter("cursor", {"type": "string"}))
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page's shape, for the OpenAPI document.

        Args:
            schema: The rows' shape.
        """
        counts = ("total", "page", "pageSize", "totalPages")
        properties: dict[str, Any] = {name: {"type": "integer", "minimum": 0} for name in counts}
        properties |= {"hasMore": {"type": "boolean"}, "nextCursor": {"type": ["string", "null"]}}
        pagination = {"type": "object", "properties": properties, "required": ["pageSize", "hasMore"]}
        return {
            "type": "object",
            "properties": {"items": schema, "pagination": pagination},
            "required": ["items", "pagination"],
        }


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _encode(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _decode(cursor: str) -> Any:
    try:
        value = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Invalid.field("cursor", BAD_CURSOR) from error
    if not isinstance(value, int | str) or "\x00" in str(value):
        raise Invalid.field("cursor", BAD_CURSOR)
    return value
