"""Filters of the API of users; a filter's name is the query parameter's."""

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from accounts.models import User
from driftsentry.api.filtering import CommaList, OneOf

MAX_SEARCH = 200
YES_NO_ALL = [("true", "true"), ("false", "false"), ("all", "all")]


class UserFilter(filters.FilterSet):
    """By role, by whether they may log in, and by a piece of the name or e-mail."""

    role = CommaList(field_name="role", choices=User.Roles.values)
    isActive = OneOf(choices=YES_NO_ALL, method="by_activity")
    search = filters.CharFilter(method="matching", max_length=MAX_SEARCH)

    class Meta:
        """Filters users."""

        model = User
        fields: list[str] = []

    def matching(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Users whose name or e-mail holds the text.

        Args:
            queryset: The users.
            name: Unused.
            value: The text.
        """
        text = value.strip()
        return queryset.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else queryset

    def by_activity(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Those who may log in, or those who may not.

        Args:
            queryset: The users.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        return queryset if value == "all" else queryset.filter(is_active=value == "true")
