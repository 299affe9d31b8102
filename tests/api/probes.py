"""Routes that show the API's conventions on their own."""

from typing import Any, ClassVar

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from driftsentry.api.access import Permission
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer
from driftsentry.api.errors import Conflict
from driftsentry.api.filtering import CommaList
from driftsentry.api.idempotency import idempotent

SECRET = "postgres://app:hunter2@10.0.0.9/prod"
made: list[Any] = []


class LineSerializer(CamelSerializer):
    unit_price = serializers.DecimalField(10, 2)


class OrderSerializer(CamelSerializer):
    customer_name = serializers.CharField(max_length=20)
    expected_state = serializers.DictField(required=False)
    order_lines = LineSerializer(many=True, required=False)


class PersonSerializer(CamelModelSerializer):
    class Meta:
        model = User
        fields = ["id", "name", "created_at"]


class PersonFilter(filters.FilterSet):
    theRole = CommaList(field_name="role", choices=User.Roles.values)  # noqa: N815 - the query parameter's name
    name = CommaList(field_name="name")

    class Meta:
        model = User
        fields: list[str] = []


class People(mixins.ListModelMixin, viewsets.GenericViewSet[User]):
    queryset = User.objects.order_by("id")
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    cursor_order = "id"
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ}


class Orders(viewsets.ViewSet):
    permissions: ClassVar[dict[str, Permission]] = {
        "create": Permission.READ,
        "echo": Permission.READ,
        "fail": Permission.READ,
        "lose": Permission.READ,
    }

    @idempotent
    def create(self, request: Request) -> Response:
        form = OrderSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if form.validated_data["customer_name"] == "refused":
            raise Conflict("Not now.")
        made.append(form.validated_data)
        response = Response({"number": len(made)}, status=201)
        response["Location"] = f"/orders/{len(made)}"
        return response

    def echo(self, request: Request) -> Response:
        form = OrderSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(OrderSerializer(form.validated_data).data)

    def fail(self, request: Request) -> Response:  # noqa: ARG002
        raise RuntimeError(f"cannot reach {SECRET}")

    def lose(self, request: Request) -> Response:  # noqa: ARG002
        raise OperationalError(f"connection to {SECRET} failed")


def plainly_fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(f"cannot reach {SECRET}")


def plainly_lose(request: HttpRequest) -> HttpResponse:
    raise OperationalError(f"connection to {SECRET} failed")


def plainly_read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


urlpatterns = [
    path("people", People.as_view({"get": "list"})),
    re_path(r"^orders/?$", Orders.as_view({"post": "create"})),
    path("echo", Orders.as_view({"post": "echo"})),
    path("fail", Orders.as_view({"get": "fail"})),
    path("lose", Orders.as_view({"get": "lose"})),
    path("plainly-fail", plainly_fail),
    path("plainly-lose", plainly_lose),
    path("plainly-read", plainly_read),
]
handler400 = "driftsentry.api.errors.bad_request"
handler403 = "driftsentry.api.errors.forbidden"
handler404 = "driftsentry.api.errors.not_found"
handler500 = "driftsentry.api.errors.server_error"
