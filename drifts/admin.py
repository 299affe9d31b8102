"""Stacks, scans and drifts in the admin; what is written goes through `drifts.actions`."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from audit import timeline
from audit.serializers import TimelineEntrySerializer
from drifts.actions import stacks
from drifts.decision_forms import DECISIONS
from drifts.models import Drift, Scan, Stack
from drifts.transitions import Action, can
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge, is_superuser, json_block
from driftsentry.api.errors import ApiError
from driftsentry.api.tenancy import account_id_of

MAX_TIMELINE = 200
DRIFT = "admin:drifts_drift"
STATES = ("expected_state", "actual_state", "difference", "cost_breakdown")
DRIFT_FIELDSETS: Any = [
    (None, {"fields": ("resource_id", "address", "coloured_severity", "severity_reason", "coloured_status", "kind")}),
    ("Where", {"fields": ("its_stack", "resource_type", "provider_type", "region", "cloud_account")}),
    ("What differs", {"fields": ("shown_difference", "shown_expected", "shown_actual")}),
    ("What it costs", {"fields": ("cost_impact_monthly", "cost_basis", "shown_cost")}),
    ("Seen", {"fields": ("detected_at", "last_seen_at", "detected_by", "occurrences", "its_scan", "its_previous")}),
    (
        "Decided",
        {
            "fields": (
                *("approved_at", "approved_by", "approval_reason", "rejected_at", "rejected_by", "rejection_reason"),
                *("resolved_at", "resolved_how"),
            )
        },
    ),
    ("Timeline", {"fields": ("story",)}),
]


class StackForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """A stack, its name unique within the account."""

    class Meta:
        """What describes it."""

        model = Stack
        fields = stacks.FIELDS

    def clean_labels(self) -> dict[str, str]:
        """Take names and texts only.

        Raises:
            ValidationError: It is something else.
        """
        labels = self.cleaned_data["labels"] or {}
        if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
            raise forms.ValidationError('Names, each with a text: {"team": "payments"}.')
        return labels


@admin.register(Stack)
class StackAdmin(TenantAdmin):
    """What scans are about."""

    reading = Permission.READ
    writing = Permission.MANAGE_STACKS
    form = StackForm
    list_display = ("name", "environment", "tool", "owner", "is_enabled", "its_drifts", "its_scans", "created_at")
    list_filter = ("is_enabled",)
    list_select_related = ("account",)
    search_fields = ("name", "owner", "environment")
    date_hierarchy = "created_at"
    ordering = ("name",)
    autocomplete_fields = ("account",)
    heavy = ("labels",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose a new stack is.

        Args:
            request: Of an admin.
            obj: The stack, none where one is added.
        """
        return (*(("account",) if is_superuser(request) else ()), *stacks.FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A stack stays in its account.

        Args:
            request: Of an admin.
            obj: The stack, none where one is added.
        """
        return () if obj is None else ("account",)

    def save_model(self, request: HttpRequest, obj: Stack, form: Any, change: bool) -> None:
        """Make the stack, or change it.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values, by = dict(form.cleaned_data), actor_of(request)
        account = values.pop("account", None)
        if change:
            stacks.change_stack(obj.account_id, obj.pk, values=values, by=by)
        else:
            account_id = account.pk if account else account_id_of(request)
            obj.pk = stacks.create_stack(account_id, values=values, by=by).pk

    @admin.display(description="drifts")
    def its_drifts(self, stack: Stack) -> SafeString:
        """Where its drifts are."""
        return format_html('<a href="{}?stack__id__exact={}">drifts</a>', reverse(f"{DRIFT}_changelist"), stack.pk)

    @admin.display(description="scans")
    def its_scans(self, stack: Stack) -> SafeString:
        """Where its scans are."""
        return format_html(
            '<a href="{}?stack__id__exact={}">scans</a>', reverse("admin:drifts_scan_changelist"), stack.pk
        )


@admin.register(Scan)
class ScanAdmin(TenantAdmin):
    """What was read of the stacks, newest first."""

    reading = Permission.READ
    list_display = (
        *("created_at", "stack", "format", "coloured_status", "detected_by", "resources_checked"),
        *("drifts_new", "drifts_recurring", "drifts_changed", "drifts_resolved", "drifts_ignored"),
    )
    list_filter = ("status", "detected_by", "is_complete")
    list_select_related = ("account", "stack")
    search_fields = ("stack__name", "format")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    linked = ("stack",)
    fields = (
        *("its_stack", "format", "tool_version", "detected_by", "coloured_status", "error"),
        *("started_at", "finished_at", "is_complete", "incomplete_reason", "resources_checked"),
        *("drifts_new", "drifts_recurring", "drifts_changed", "drifts_resolved", "drifts_ignored"),
        *("submitted_by", "body_sha256", "created_at"),
    )
    readonly_fields = ("its_stack", "coloured_status", "body_sha256")

    @admin.display(description="status", ordering="status")
    def coloured_status(self, scan: Scan) -> SafeString:
        """Where it stands."""
        return badge("status", scan.status, scan.get_status_display())

    @admin.display(description="stack")
    def its_stack(self, scan: Scan) -> SafeString | str:
        """What it was about."""
        return _link("admin:drifts_stack_change", scan.stack)

    @admin.display(description="digest")
    def body_sha256(self, scan: Scan) -> str:
        """Hex of what its body is known by."""
        return bytes(scan.body_digest).hex()


@admin.register(Drift)
class DriftAdmin(TenantAdmin):
    """Drifts, and the decisions about them."""

    reading = Permission.READ
    list_display = (
        *("resource_id", "coloured_severity", "coloured_status", "cost", "stack", "region"),
        *("detected_at", "resource_type"),
    )
    list_filter = ("severity", "status", "kind", "cost_basis", "detected_by")
    list_select_related = ("account", "stack")
    search_fields = ("resource_id", "address", "stack__name", "id__exact")
    date_hierarchy = "detected_at"
    ordering = ("-detected_at", "-id")
    linked = ("stack",)
    heavy = STATES
    fieldsets = DRIFT_FIELDSETS
    readonly_fields = (
        *("coloured_severity", "coloured_status", "its_stack", "its_scan", "its_previous"),
        *("shown_difference", "shown_expected", "shown_actual", "shown_cost", "story"),
    )
    change_form_template = "admin/drifts/drift/change_form.html"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may decide.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.DECIDE)

    def get_actions(self, request: HttpRequest) -> Any:
        """One action per decision, for those who may decide.

        Args:
            request: Of an admin.
        """
        found = super().get_actions(request)
        if self.has_decide_permission(request):
            for action, decision in DECISIONS.items():
                run: Any = partial(_ask_or_decide, action=action)
                found[action.value] = (run, action.value, f"{decision.title}…")
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The drift's page, with the decisions that its status allows.

        Args:
            request: Of an admin.
            object_id: The drift.
            form_url: As Django's.
            extra_context: As Django's.
        """
        drift = self.get_object(request, object_id)
        offered = []
        if drift is not None and self.has_decide_permission(request):
            offered = [(one.value, decision.title) for one, decision in DECISIONS.items() if can(drift.status, one)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "decisions": offered})

    @admin.display(description="severity", ordering="severity_rank")
    def coloured_severity(self, drift: Drift) -> SafeString:
        """How much it matters."""
        return badge("severity", drift.severity, drift.get_severity_display())

    @admin.display(description="status", ordering="status")
    def coloured_status(self, drift: Drift) -> SafeString:
        """Where it stands."""
        return badge("status", drift.status, drift.get_status_display())

    @admin.display(description="USD a month", ordering="cost_impact_monthly", empty_value="unpriced")
    def cost(self, drift: Drift) -> SafeString | None:
        """What it costs, where that is known."""
        known = drift.cost_impact_monthly
        return None if known is None else format_html('<span class="money">{}</span>', f"{known:,.2f}")

    @admin.display(description="stack")
    def its_stack(self, drift: Drift) -> SafeString | str:
        """Whose code it differs from."""
        return _link("admin:drifts_stack_change", drift.stack)

    @admin.display(description="first seen in")
    def its_scan(self, drift: Drift) -> SafeString | str:
        """The scan that found it."""
        return _link("admin:drifts_scan_change", drift.scan)

    @admin.display(description="previous drift")
    def its_previous(self, drift: Drift) -> SafeString | str:
        """The drift of the same resource before this one."""
        return _link(f"{DRIFT}_change", drift.previous)

    @admin.display(description="difference")
    def shown_difference(self, drift: Drift) -> SafeString:
        """Changed paths, secrets masked."""
        return json_block(drift.difference)

    @admin.display(description="expected state")
    def shown_expected(self, drift: Drift) -> SafeString:
        """What should be, secrets masked."""
        return json_block(drift.expected_state)

    @admin.display(description="actual state")
    def shown_actual(self, drift: Drift) -> SafeString:
        """What is, secrets masked."""
        return json_block(drift.actual_state)

    @admin.display(description="how the cost was arrived at")
    def shown_cost(self, drift: Drift) -> SafeString:
        """The breakdown."""
        return json_block(drift.cost_breakdown)

    @admin.display(description="what happened")
    def story(self, drift: Drift) -> SafeString:
        """The journal's entries of the drift, oldest first."""
        entries = TimelineEntrySerializer(
            timeline.of_drift(drift.account_id, drift.pk, most=MAX_TIMELINE), many=True
        ).data
        rows = ((one["timestamp"], one["message"], one["actorEmail"]) for one in entries)
        lines = format_html_join("", "<li><time>{}</time>{} <em>{}</em></li>", rows)
        return format_html('<ol class="timeline">{}</ol>', lines)


def _link(route: str, row: Any) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', reverse(route, args=[row.pk]), row) if row else "-"


def _ask_or_decide(
    page: DriftAdmin, request: HttpRequest, queryset: QuerySet[Drift], *, action: Action
) -> HttpResponse | None:
    """Ask for the reason; once it is given, decide about each selected drift."""
    drifts = page.selection(request, queryset)
    if not drifts:
        return None
    decision = DECISIONS[action]
    confirmed = "confirmed" in request.POST
    form = decision.form(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        _decide(page, request, drifts, action=action, values=form.cleaned_data)
        return None
    context = {
        **page.admin_site.each_context(request),
        "title": decision.title,
        "explanation": decision.explanation,
        "action": action.value,
        "drifts": drifts,
        "form": form,
        "opts": Drift._meta,  # noqa: SLF001 - Django's documented way to a model's options
    }
    return TemplateResponse(request, "admin/drifts/drift/decide.html", context)


def _decide(
    page: DriftAdmin, request: HttpRequest, drifts: list[Drift], *, action: Action, values: dict[str, Any]
) -> None:
    """Decide about each drift by itself: one that cannot be decided does not stop the others."""
    decision, done = DECISIONS[action], 0
    for drift in drifts:
        try:
            decision.run(drift.account_id, drift.pk, **values, by=actor_of(request))
            done += 1
        except ApiError as error:
            page.message_user(request, f"Not done for {drift.resource_id}: {error.message}", messages.ERROR)
    if done:
        page.message_user(request, f"{decision.title}: done for {done}.", messages.SUCCESS)
