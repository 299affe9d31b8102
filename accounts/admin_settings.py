"""A page of the admin for what an account may set, of which it has one row, or none and the defaults."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from django import forms
from django.http import HttpRequest

from accounts.actors import actor_of
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, is_superuser
from driftsentry.api.tenancy import account_id_of


class Bounds(Protocol):
    """A whole number within bounds."""

    @property
    def least(self) -> int:
        """The smallest."""
        ...

    @property
    def most(self) -> int:
        """The largest."""
        ...

    @property
    def default(self) -> int:
        """Where nothing is said."""
        ...


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """What an account may set, within its bounds.

    Attributes:
        limits: By the name of a field, its bounds.
    """

    limits: ClassVar[Mapping[str, Bounds]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, limit in self.limits.items():
            if name in self.fields:
                self.fields[name] = forms.IntegerField(
                    min_value=limit.least,
                    max_value=limit.most,
                    initial=limit.default,
                    help_text=self.fields[name].help_text,
                )


class SettingsAdmin(TenantAdmin):
    """What accounts have set; one without a row has the defaults.

    Attributes:
        may_be_set: The names of the fields.
        change: Sets the values for an account by its id, with `values` and `by`, and gives the row.
    """

    may_be_set: ClassVar[tuple[str, ...]] = ()
    change: ClassVar[Callable[..., Any]]
    reading = Permission.READ
    writing = Permission.ADMINISTER
    list_select_related = ("account",)
    ordering = ("-updated_at",)
    autocomplete_fields = ("account",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose new settings are.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return (*(("account",) if is_superuser(request) else ()), *self.may_be_set)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Settings stay in their account.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return () if obj is None else ("account",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Set what the form says; an account that has settings already gets no second row.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values = dict(form.cleaned_data)
        account = values.pop("account", None)
        account_id = obj.account_id if change else (account.pk if account else account_id_of(request))
        obj.pk = type(self).change(account_id, values=values, by=actor_of(request)).pk
