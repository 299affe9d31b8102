"""The forms of the admin's own pages: log-in, password, second factor. What they do goes through `accounts.actions`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_backends
from django.http import HttpRequest

from accounts import actions
from accounts.actors import actor_of
from accounts.models import User
from audit.actors import Actor
from driftsentry.api.errors import ApiError

MAX_PASSWORD = 1000
MAX_CODE = 64
ONE_TIME_CODE = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


WIRE_FIELDS = {"currentPassword": "old_password", "newPassword": "new_password1"}


def _field_of(error: ApiError) -> str:
    """The wire name of the field that was refused, empty where it was none."""
    return str(next(iter(error.details.get("errors", ())), {"field": ""})["field"])


def _password(label: str, autocomplete: str = "current-password") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=MAX_PASSWORD, widget=widget)


def _code(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=MAX_CODE, widget=forms.TextInput(attrs=ONE_TIME_CODE), **more)


class LoginForm(forms.Form):
    """A log-in, judged by the same action as one over the API.

    Attributes:
        refusal: Why it was refused.
        session_id: The session that was opened.
    """

    username = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = _password("Password")
    code = _code("Code, if you have a second factor", required=False)

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        """Keep the request: its address counts.

        Args:
            request: As Django's log-in view gives it.
            *args: As Django's.
            **kwargs: As Django's.
        """
        super().__init__(*args, **kwargs)
        self.request = request
        self.refusal: ApiError | None = None
        self.signed_in: actions.AdminSignedIn | None = None

    def clean(self) -> dict[str, Any]:
        """Log in.

        Raises:
            ValidationError: It was refused.
        """
        given = self.cleaned_data
        if {"username", "password", "code"} <= given.keys():
            try:
                self.signed_in = actions.log_in_to_admin(
                    email=given["username"], password=given["password"], code=given["code"], by=actor_of(self.request)
                )
            except ApiError as error:
                self.refusal = error
                raise forms.ValidationError(error.message) from error
        return given

    def get_user(self) -> User | None:
        """Who logged in; Django's view asks for it."""
        if self.signed_in is None:
            return None
        user = self.signed_in.user
        backend = get_backends()[0]
        user.backend = f"{type(backend).__module__}.{type(backend).__qualname__}"
        return user


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for something about their second factor.

    Attributes:
        user: The user.
        session_id: The session they ask in.
        by: The same for the journal.
    """

    user: User
    session_id: UUID
    by: Actor


class PasswordForm(forms.Form):
    """One's own password, judged and written by the API's action; the fields are named as Django's page asks."""

    old_password = _password("Present password")
    new_password1 = _password("New password", autocomplete="new-password")
    new_password2 = _password("New password, again", autocomplete="new-password")

    def __init__(self, *args: Any, asking: Asking, **kwargs: Any) -> None:
        """Keep who asks.

        Args:
            *args: As Django's.
            asking: Whose password it is.
            **kwargs: As Django's.
        """
        super().__init__(*args, **kwargs)
        self.asking = asking

    def clean(self) -> dict[str, Any]:
        """Change it.

        Raises:
            ValidationError: The two are not the same.
        """
        given, asking = self.cleaned_data, self.asking
        if len(given) < len(self.fields):
            return given
        if given["new_password1"] != given["new_password2"]:
            raise forms.ValidationError({"new_password2": "The two new passwords are not the same."})
        try:
            actions.change_own_password(
                asking.user,
                current=given["old_password"],
                new=given["new_password1"],
                session_id=asking.session_id,
                by=asking.by,
            )
        except ApiError as error:
            self.add_error(WIRE_FIELDS.get(_field_of(error)), error.message)
        return given


class BeginForm(forms.Form):
    """A second factor to begin with."""

    title = "Begin"
    current_password = _password("Current password")

    def run(self, asking: Asking) -> dict[str, Any]:
        """Make the seed.

        Args:
            asking: Whose.
        """
        password = self.cleaned_data["current_password"]
        return {"enrolment": actions.begin_second_factor(asking.user, password=password, by=asking.by)}


class ConfirmForm(forms.Form):
    """The first code of a new authenticator."""

    title = "Enable"
    code = _code("Code of the authenticator")

    def run(self, asking: Asking) -> dict[str, Any]:
        """Enable it.

        Args:
            asking: Whose.
        """
        code = self.cleaned_data["code"]
        found = actions.confirm_second_factor(asking.user, code=code, session_id=asking.session_id, by=asking.by)
        return {"recovery_codes": found}


class RenewForm(forms.Form):
    """Other recovery codes."""

    title = "Make new recovery codes"
    code = _code("Code, or a recovery code")

    def run(self, asking: Asking) -> dict[str, Any]:
        """Make them.

        Args:
            asking: Whose.
        """
        code = self.cleaned_data["code"]
        return {"recovery_codes": actions.renew_recovery_codes(asking.user, code=code, by=asking.by)}


class RemoveForm(forms.Form):
    """Doing without a second factor."""

    title = "Remove"
    current_password = _password("Current password")
    code = _code("Code, or a recovery code")

    def run(self, asking: Asking) -> dict[str, Any]:
        """Remove it.

        Args:
            asking: Whose.
        """
        given = self.cleaned_data
        actions.remove_second_factor(
            asking.user,
            password=given["current_password"],
            code=given["code"],
            session_id=asking.session_id,
            by=asking.by,
        )
        return {"removed": True}


SECOND_FACTOR_FORMS: dict[str, type[BeginForm] | type[ConfirmForm] | type[RenewForm] | type[RemoveForm]] = {
    "begin": BeginForm,
    "confirm": ConfirmForm,
    "renew": RenewForm,
    "remove": RemoveForm,
}
