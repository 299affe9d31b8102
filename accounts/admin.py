"""Accounts, users and sessions in the admin; what is written goes through `accounts.actions`."""

from operator import attrgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions
from accounts.actors import actor_of
from accounts.admin_domains import DomainAdmin  # noqa: F401 - Django looks for this module only
from accounts.admin_keys import ApiKeyAdmin  # noqa: F401 - Django looks for this module only
from accounts.models import Account, RecoveryCode, SecondFactor, Session, User, normalised_email
from driftsentry.api.access import Permission, Role
from driftsentry.api.admin import TenantAdmin, is_superuser

NEW_PASSWORD = {"autocomplete": "new-password"}


class _UserForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    password = forms.CharField(strip=False, max_length=1000, widget=forms.PasswordInput(attrs=NEW_PASSWORD))

    def clean_password(self) -> str:
        """Check a new password against the rules.

        Raises:
            ValidationError: It breaks one of them.
        """
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class NewUserForm(_UserForm):
    """A user to be made."""

    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs=NEW_PASSWORD),
        help_text="Leave it empty to send an invitation by e-mail.",
    )

    class Meta:
        """What must be known of them."""

        model = User
        fields = ("email", "name", "role")

    def clean_email(self) -> str:
        """The e-mail as it is stored, so that another spelling of a taken one is found here."""
        return normalised_email(self.cleaned_data["email"])


class UserForm(_UserForm):
    """A user as they are."""

    password = forms.CharField(
        label="New password",
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs=NEW_PASSWORD),
        help_text="Leave it empty to keep the present one. A new one signs the user out everywhere.",
    )

    class Meta:
        """What an admin may change."""

        model = User
        fields = ("name", "role", "is_active")


@admin.register(Account)
class AccountAdmin(TenantAdmin):
    """The tenants; superusers make new ones."""

    account_path = "pk"
    list_display = ("name", "created_at")
    search_fields = ("name",)
    date_hierarchy = "created_at"
    ordering = ("name",)
    fields = ("name", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only: other admins belong to the account that they have."""
        return is_superuser(request) and self.has_view_permission(request)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Make the account.

        Args:
            request: Of a superuser.
            obj: As the form has it.
            form: The form.
            change: Never.
        """
        obj.pk = actions.create_account(form.cleaned_data["name"], by=actor_of(request)).pk


@admin.register(User)
class UserAdmin(TenantAdmin):
    """The people of an account."""

    writing = Permission.ADMINISTER
    list_display = ("email", "name", "role", "is_active", "last_login", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("account",)
    search_fields = ("email", "name")
    date_hierarchy = "created_at"
    ordering = ("email",)
    autocomplete_fields = ("account",)
    readonly_fields = ("created_at", "updated_at", "last_login", "is_superuser")
    actions = ("reset_second_factor", "invite_again", "erase")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that knows the password as something to be set.

        Args:
            request: Of an admin.
            obj: The user, none where one is added.
            change: Whether one is changed.
            **kwargs: As Django's.
        """
        return super().get_form(request, obj, change, **{"form": UserForm if change else NewUserForm, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields, in the order of the form.

        Args:
            request: Of an admin.
            obj: The user, none where one is added.
        """
        account = ("account",) if is_superuser(request) else ()
        if obj is None:
            return (*account, "email", "name", "role", "password")
        shown = ("last_login", "is_superuser", "created_at", "updated_at")
        if not self.has_change_permission(request, obj):
            return (*account, "email", "name", "role", "is_active", *shown)
        return (*account, "email", "name", "role", "is_active", "password", *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What stays as it is: an e-mail and an account are given once.

        Args:
            request: Of an admin.
            obj: The user, none where one is added.
        """
        return self.readonly_fields if obj is None else (*self.readonly_fields, "email", "account")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers may change superusers, who see every account; what was erased stays as it is."""
        above = obj is not None and obj.is_superuser and not is_superuser(request)
        erased = obj is not None and obj.erased_at is not None
        return not above and not erased and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Make the user, or change them.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether the user is there already.
        """
        values, by = dict(form.cleaned_data), actor_of(request)
        password = values.pop("password")
        if change:
            changes = {name: values[name] for name in actions.ADMINISTERED_FIELDS}
            actions.administer_user(obj.account_id, obj.pk, changes=changes, by=by)
            if password:
                actions.set_password(obj.account_id, obj.pk, password=password, by=by)
            return
        account = values.get("account") or self._own_account(request)
        names = {"email": values["email"], "name": values["name"], "role": Role(values["role"])}
        if password:
            obj.pk = actions.create_user(account, **names, password=password, by=by).pk
        else:
            obj.pk = actions.invite_user(account, **names, by=by).pk

    @admin.action(description="Reset the second factor of selected users", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who have lost their authenticator; they are signed out everywhere.

        Args:
            request: Of an admin.
            queryset: Whose.
        """
        self._each(request, queryset, actions.reset_second_factor, done="Second factor reset")

    @admin.action(description="Send selected users their invitation again", permissions=["change"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who have never logged in.

        Args:
            request: Of an admin.
            queryset: Whom.
        """
        self._each(request, queryset, actions.invite_again, done="Invitations on their way")

    @admin.action(description="Erase selected users' personal data, for ever", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who have left and want to be forgotten.

        Args:
            request: Of an admin.
            queryset: Whom.
        """
        self._each(request, queryset, actions.erase_user, done="Users erased")

    def _each(self, request: HttpRequest, users: QuerySet[User], action: Any, *, done: str) -> None:
        count = self.for_each(
            request,
            self.selection(request, users),
            lambda user: action(user.account_id, user.pk, by=actor_of(request)),
            called=attrgetter("email"),
        )
        if count:
            self.message_user(request, f"{done}: {count}.")

    def _own_account(self, request: Any) -> Account:
        account: Account = request.user.account
        return account


@admin.register(Session)
class SessionAdmin(TenantAdmin):
    """Where people are signed in."""

    account_path = "user__account_id"
    list_display = ("user", "address", "created_at", "refreshed_at", "expires_at", "live")
    list_filter = ("revoked_because",)
    list_select_related = ("user",)
    search_fields = ("user__email", "address")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        *("user", "address", "user_agent", "created_at", "refreshed_at", "expires_at", "live"),
        *("revoked_at", "revoked_because"),
    )
    readonly_fields = ("live",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """The sessions, without what their tokens are known by.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("refresh_digest")

    @admin.display(boolean=True)
    def live(self, session: Session) -> bool:
        """Whether its tokens still work."""
        return session.revoked_at is None and session.expires_at > timezone.now()


@admin.register(SecondFactor)
class SecondFactorAdmin(TenantAdmin):
    """Who has a second factor, and since when; not its seed."""

    list_display = ("user", "created_at", "confirmed_at")
    list_select_related = ("user", "account")
    search_fields = ("user__email__exact",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("user", "created_at", "confirmed_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, without reading the seeds.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("secret")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(TenantAdmin):
    """Which recovery codes are used; not what they are known by."""

    list_display = ("user", "used_at")
    list_select_related = ("user", "account")
    search_fields = ("user__email__exact",)
    ordering = ("-pk",)
    fields = ("user", "used_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, without the digests.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("digest")
