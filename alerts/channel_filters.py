"""Filters of the API of deliveries; a filter's name is the query parameter's."""

from django_filters import rest_framework as filters

from alerts.models import Delivery
from alerts.occasions import Type
from driftsentry.api.filtering import CommaList


class DeliveryFilter(filters.FilterSet):
    """By where they stand and what they are about."""

    status = CommaList(field_name="status", choices=Delivery.Statuses.values)
    type = CommaList(field_name="type", choices=[one.value for one in Type])

    class Meta:
        """Filters deliveries."""

        model = Delivery
        fields: list[str] = []
