"""What every page of the admin has in common: one's own account only, and no write but through an action."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework.exceptions import APIException

from driftsentry.api.access import Permission, allowed
from driftsentry.api.errors import ApiError
from driftsentry.api.models import IdempotentRequest
from driftsentry.api.tenancy import account_id_of

PER_PAGE = 50
MAX_SELECTED = 100
MAX_JSON = 20_000
CUT = "\n… (the rest is in the API)"


def badge(group: str, value: str, words: str) -> SafeString:
    """A value as coloured text; `admin.css` has the colours.

    Args:
        group: What it is: `severity`, `status`, …
        value: One of few, named by the style sheet.
        words: The value for a person.
    """
    return format_html('<span class="badge {}-{}">{}</span>', group, value, words)


def json_block(value: Any) -> SafeString:
    """JSON laid out for reading, cut where it is very long.

    Args:
        value: Plain data.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="json">{}</pre>', text if len(text) <= MAX_JSON else text[:MAX_JSON] + CUT)


def is_superuser(request: HttpRequest) -> bool:
    """Whether a request's user sees every account.

    Args:
        request: Of the admin.
    """
    return bool(request.user.is_superuser)


class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not subscriptable at run time
    """The rows of the admin's own account (of every account for a superuser), to read.

    Permissions come from the contract's matrix, not from Django's table. A subclass that lets people write names the
    permission in `writing` and overrides `save_model` to call an action; nothing is ever deleted here.

    Attributes:
        account_path: Where a row's account id stands.
        reading: What it takes to see the rows.
        writing: What it takes to add and change them; None where nobody does here.
        heavy: Columns that lists do without.
        linked: Columns by which other pages link to the list, beside those of its filters.
    """

    account_path = "account_id"
    reading = Permission.ADMINISTER
    writing: Permission | None = None
    heavy: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    list_per_page = PER_PAGE
    list_max_show_all = PER_PAGE
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the user may see.

        Args:
            request: Of an admin.
        """
        rows: QuerySet[Any] = super().get_queryset(request)
        if not is_superuser(request):
            rows = rows.filter(**{self.account_path: account_id_of(request)})
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer(*self.heavy) if is_list else rows

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, with the account for those who see several.

        Args:
            request: Of an admin.
        """
        shown = (*self.list_display,)
        return (*shown, "account") if is_superuser(request) and self.account_path == "account_id" else shown

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a list offers can be asked of it: a free look-up would answer questions about hidden columns.

        Args:
            lookup: As the address has it.
            value: What it is compared to.
            request: Of an admin.
        """
        column = lookup.split("__")[0]
        filters = {getattr(one, "parameter_name", one) for one in self.list_filter}
        offered = filters | {self.date_hierarchy} | set(self.linked)
        return column in offered and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app is listed."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user's role may read."""
        return self._may(request, self.reading)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may add."""
        return self.writing is not None and self._may(request, self.writing)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user's role may change."""
        return self.writing is not None and self._may(request, self.writing)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes: the journal tells of what was, so it must be there."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, without Django's transaction around it: an action opens its own, with the journal's entry in it.

        Args:
            request: Of an admin.
            object_id: The row, none where one is added.
            form_url: As Django's.
            extra_context: As Django's.
        """
        try:
            page: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        except ApiError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return page

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        """Leave it to the journal."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        """Leave it to the journal."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, and what is done with its selected rows; what cannot be a row's id selects none.

        Args:
            request: Of an admin.
            extra_context: As Django's.
        """
        if ACTION_CHECKBOX_NAME in request.POST:
            form: Any = request.POST.copy()
            chosen = [one for one in form.getlist(ACTION_CHECKBOX_NAME) if self._is_id(one)]
            form.setlist(ACTION_CHECKBOX_NAME, chosen)
            request.POST = form
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def selection(self, request: HttpRequest, rows: QuerySet[Any]) -> list[Any]:
        """The rows that an action was asked for; none, with a message, where they are too many for one go.

        Args:
            request: Of an admin.
            rows: The selected ones.
        """
        found = list(rows[: MAX_SELECTED + 1])
        if len(found) > MAX_SELECTED:
            self.message_user(request, f"Select at most {MAX_SELECTED} at a time.", messages.ERROR)
            return []
        return found

    def for_each(
        self,
        request: HttpRequest,
        rows: Iterable[Any],
        act: Callable[[Any], object],
        *,
        called: Callable[[Any], object] = str,
    ) -> int:
        """Do something with each row by itself: one with which it cannot be done is told, and does not stop the others.

        Args:
            request: Of an admin.
            rows: The rows.
            act: Does it.
            called: What a row is called where it could not be done.

        Returns:
            With how many it was done.
        """
        done = 0
        for row in rows:
            try:
                act(row)
                done += 1
            except APIException as error:
                self.message_user(request, f"Not done for {called(row)}: {error}", messages.ERROR)
        return done

    def _is_id(self, text: str) -> bool:
        try:
            self.opts.pk.to_python(text)
        except ValidationError:
            return False
        return True

    def _may(self, request: HttpRequest, permission: Permission) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_staff and allowed(user.role, permission))


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(TenantAdmin):
    """Answers kept for repeated requests; not the answers themselves, and for superusers only."""

    list_display = ("created_at", "key", "user_id", "status")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    search_fields = ("key__exact", "user_id__exact")
    fields = ("created_at", "key", "user_id", "status", "location")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers only: a row names a user and no account."""
        return is_superuser(request) and super().has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdempotentRequest]:
        """All rows, for those who may see them.

        Args:
            request: Of an admin.
        """
        rows = IdempotentRequest.objects.defer("body", "digest")
        return rows if is_superuser(request) else rows.none()

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns; there is no account.

        Args:
            request: Of an admin.
        """
        return self.list_display
