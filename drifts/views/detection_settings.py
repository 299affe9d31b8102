"""The API of what an account asks of detection."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions.detection_settings import change_detection_settings, detection_settings_of
from drifts.recording_serializers import DetectionSettingsSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.tenancy import account_id_of


class DetectionSettingsViewSet(viewsets.ViewSet):
    """When people are told of a drift, and what counts as flapping."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.READ,
        "partial_update": Permission.ADMINISTER,
    }
    reach: ClassVar[dict[str, Reach]] = {"retrieve": Reach.ACCOUNT}

    @extend_schema(responses=DetectionSettingsSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the account asks for; the defaults where it has not said.

        And `awsExternalId`, which each AWS role that its stacks name must demand in its trust policy.
        """
        return Response(DetectionSettingsSerializer(detection_settings_of(account_id_of(request))).data)

    @extend_schema(request=DetectionSettingsSerializer, responses=DetectionSettingsSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what the account asks for.

        People are told of a drift, critical or not, when `alertAfterScans` scans in a row have shown it. One that was
        gone and came back twice within `flapWindowDays` days is flapping.
        """
        form = DetectionSettingsSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = change_detection_settings(account_id_of(request), values=form.validated_data, by=actor_of(request))
        return Response(DetectionSettingsSerializer(changed).data)
