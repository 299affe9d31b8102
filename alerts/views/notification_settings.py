"""The API of when an account's people are reminded."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from alerts.actions.reminding import change_notification_settings, notification_settings_of
from alerts.notification_serializers import NotificationSettingsSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.tenancy import account_id_of


class NotificationSettingsViewSet(viewsets.ViewSet):
    """When people are reminded of drifts that nobody decides on."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.READ,
        "partial_update": Permission.ADMINISTER,
    }
    reach: ClassVar[dict[str, Reach]] = {"retrieve": Reach.ACCOUNT}

    @extend_schema(responses=NotificationSettingsSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the account asks for; the defaults where it has not said."""
        return Response(NotificationSettingsSerializer(notification_settings_of(account_id_of(request))).data)

    @extend_schema(request=NotificationSettingsSerializer, responses=NotificationSettingsSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what the account asks for.

        People are reminded of a drift of one of `reminderSeverities` that nobody has decided on for
        `reminderAfterHours` hours, then every `repeatEveryHours` hours, seven times at most. That ends when somebody
        decides on it, snoozes it or acknowledges an alert about it. The channels whose rules it fits are told, and by
        mail whoever it is assigned to, or else everybody who may decide.

        When a scan takes what all open drifts cost above `costThresholdMonthly`, one alert says so; the next one
        follows once that has fallen to the threshold or below and a scan takes it above again.
        """
        form = NotificationSettingsSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = change_notification_settings(account_id_of(request), values=form.validated_data, by=actor_of(request))
        return Response(NotificationSettingsSerializer(changed).data)
