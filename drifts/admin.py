"""Stacks, scans and drifts in the admin; what is written goes through `drifts.actions`."""

from collections import Counter
from functools import partial
from operator import attrgetter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from accounts.names import names_in
from audit import timeline
from audit.serializers import TimelineEntrySerializer
from drifts.admin_approvals import ApprovalPolicyAdmin  # noqa: F401 - Django looks for this module only
from drifts.admin_detection import DetectionSettingsAdmin  # noqa: F401 - Django looks for this module only
from drifts.admin_filters import AssessmentFilter, OwnershipFilter
from drifts.admin_groups import DriftGroupDecisionAdmin  # noqa: F401 - see above
from drifts.admin_handling import handling_actions, offered
from drifts.admin_ignoring import IgnoreRuleAdmin  # noqa: F401 - see above
from drifts.admin_remediation import RemediationHookAdmin, RemediationRunAdmin  # noqa: F401 - see above
from drifts.admin_severity import SeverityRuleAdmin  # noqa: F401 - see above
from drifts.admin_stacks import StackAdmin  # noqa: F401 - see above
from drifts.approval_serializers import approval_states
from drifts.consequences import sentence_of
from drifts.decision_forms import DECISIONS, seen_digest, seen_name
from drifts.models import Drift, Scan, ScanOutput
from drifts.transitions import LEADS_TO, Action, can
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge, json_block

MAX_TIMELINE = 200
DRIFT = "admin:drifts_drift"
STATES = (
    *("expected_state", "actual_state", "difference", "cost_breakdown", "attribute_digests", "decided_digests"),
    *("attribution", "snooze_digests"),
)
DRIFT_FIELDSETS: Any = [
    (None, {"fields": ("resource_id", "address", "coloured_severity", "severity_reason", "coloured_status", "kind")}),
    ("Where", {"fields": ("its_stack", "resource_type", "provider_type", "region", "cloud_account")}),
    ("What differs", {"fields": ("shown_difference", "shown_consequence", "shown_expected", "shown_actual")}),
    ("Who did it", {"fields": ("shown_attribution",)}),
    ("What it costs", {"fields": ("cost_impact_monthly", "cost_basis", "shown_cost")}),
    (
        "Seen",
        {
            "fields": (
                *("detected_at", "last_seen_at", "detected_by", "occurrences", "fidelity", "its_scan", "its_previous"),
                *("last_assessed_at", "not_assessed_since", "not_assessed_reason", "is_flapping", "alerted_at"),
            )
        },
    ),
    (
        "Decided",
        {
            "fields": (
                *("approved_at", "approved_by", "approval_reason", "rejected_at", "rejected_by", "rejection_reason"),
                *("resolved_at", "resolved_how", "shown_lapse", "shown_approvals"),
            )
        },
    ),
    ("Whose it is", {"fields": ("assignee", "assigned_at", "assigned_by")}),
    ("Snoozed", {"fields": ("snoozed_at", "snoozed_until", "snoozed_by", "snooze_reason")}),
    ("Timeline", {"fields": ("story",)}),
]


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
        *("its_stack", "format", "tool_version", "provider_versions", "detector", "detected_by"),
        *("coloured_status", "error", "output"),
        *("started_at", "finished_at", "is_complete", "incomplete_reason", "resources_checked"),
        *("drifts_new", "drifts_recurring", "drifts_changed", "drifts_resolved", "drifts_ignored"),
        *("hidden_by_rules", "drifts_not_assessed", "gaps", "submitted_by", "body_sha256", "created_at"),
    )
    readonly_fields = ("its_stack", "coloured_status", "output", "gaps", "body_sha256")
    heavy = ("not_assessed",)

    @admin.display(description="status", ordering="status")
    def coloured_status(self, scan: Scan) -> SafeString:
        """Where it stands."""
        return badge("status", scan.status, scan.get_status_display())

    @admin.display(description="stack")
    def its_stack(self, scan: Scan) -> SafeString | str:
        """What it was about."""
        return _link("admin:drifts_stack_change", scan.stack)

    @admin.display(description="could not look at")
    def gaps(self, scan: Scan) -> SafeString:
        """The parts of the stack that it could not look at, each with the reason."""
        return json_block(scan.not_assessed)

    @admin.display(description="output")
    def output(self, scan: Scan) -> SafeString | str:
        """What its detector has said."""
        kept = ScanOutput.objects.filter(pk=scan.pk).first()
        return format_html('<pre class="json">{}</pre>', kept.text) if kept else "-"

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
        *("assignee", "detected_at", "resource_type"),
    )
    list_filter = (
        *("severity", "status", OwnershipFilter, AssessmentFilter, "is_flapping", "kind", "cost_basis", "detected_by"),
    )
    list_select_related = ("account", "stack", "assignee")
    search_fields = ("resource_id", "address", "stack__name", "id__exact")
    date_hierarchy = "detected_at"
    ordering = ("-detected_at", "-id")
    linked = ("stack",)
    heavy = STATES
    fieldsets = DRIFT_FIELDSETS
    readonly_fields = (
        *("coloured_severity", "coloured_status", "its_stack", "its_scan", "its_previous"),
        *("shown_difference", "shown_consequence", "shown_expected", "shown_actual", "shown_cost", "shown_lapse"),
        *("shown_attribution", "shown_approvals"),
        "story",
    )
    change_form_template = "admin/drifts/drift/change_form.html"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may decide.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.DECIDE)

    def get_actions(self, request: HttpRequest) -> Any:
        """One action per decision, and those of assigning and snoozing, for those who may decide.

        Args:
            request: Of an admin.
        """
        found = super().get_actions(request)
        if self.has_decide_permission(request):
            for action, decision in DECISIONS.items():
                run: Any = partial(_ask_or_decide, action=action)
                found[action.value] = (run, action.value, f"{decision.title}…")
            found |= handling_actions()
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The drift's page, with what may be decided of it and done with it.

        Args:
            request: Of an admin.
            object_id: The drift.
            form_url: As Django's.
            extra_context: As Django's.
        """
        drift = self.get_object(request, object_id)
        buttons = []
        if drift is not None and self.has_decide_permission(request):
            buttons = [(one.value, decision.title) for one, decision in DECISIONS.items() if can(drift.status, one)]
            buttons += offered(drift, actor_of(request).user_id)
        seen = [] if drift is None else [(seen_name(drift), seen_digest(drift, {}))]
        context = {**(extra_context or {}), "decisions": buttons, "seen": seen}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description="severity", ordering="severity_rank")
    def coloured_severity(self, drift: Drift) -> SafeString:
        """How much it matters."""
        return badge("severity", drift.severity, drift.get_severity_display())

    @admin.display(description="status", ordering="status")
    def coloured_status(self, drift: Drift) -> SafeString:
        """Where it stands, and what may be doubted of that."""
        badges = [("status", drift.status, drift.get_status_display())]
        if drift.not_assessed_since is not None:
            badges.append(("doubt", "not-assessed", "Not assessed"))
        if drift.is_flapping:
            badges.append(("doubt", "flapping", "Flapping"))
        if drift.is_snoozed:
            badges.append(("doubt", "snoozed", "Snoozed"))
        return format_html_join(" ", "{}", ((badge(*one),) for one in badges))

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

    @admin.display(description="putting it back")
    def shown_consequence(self, drift: Drift) -> str:
        """What it would do, in words."""
        return "-" if drift.consequence is None else sentence_of(drift.consequence)

    @admin.display(description="attributed to")
    def shown_attribution(self, drift: Drift) -> SafeString | str:
        """Who made the change, as the cloud's own trail tells."""
        return "-" if drift.attribution is None else json_block(drift.attribution)

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

    @admin.display(description="lapsed decision")
    def shown_lapse(self, drift: Drift) -> str:
        """Why the decision on the previous drift no longer stands, where there was one."""
        lapsed = drift.lapsed_decision
        return "-" if lapsed is None else f"{lapsed['decision']} before, lapsed: {lapsed['reason']}"

    @admin.display(description="approvals")
    def shown_approvals(self, drift: Drift) -> str:
        """Who has said what of it, and how many it takes."""
        state = approval_states([drift])[drift.pk]
        said = Counter(one.decision for one in state.approvals if one.counts)
        given = ", ".join(f"{number} to {word}" for word, number in said.items()) or "none"
        review = f"; review: {state.review.verdict or 'pending'}" if state.review else ""
        return f"{given}; {state.needed} needed{review}"

    @admin.display(description="what happened")
    def story(self, drift: Drift) -> SafeString:
        """The journal's entries of the drift, oldest first."""
        found = timeline.of_drift(drift.account_id, drift.pk, began=drift.created_at, most=MAX_TIMELINE)
        names = names_in(drift.account_id, (entry.data for entry in found))
        entries = TimelineEntrySerializer(found, many=True, context={"names": names}).data
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
        "seen": [(seen_name(one), seen_digest(one, request.POST)) for one in drifts],
        "form": form,
        "opts": Drift._meta,  # noqa: SLF001 - Django's documented way to a model's options
    }
    return TemplateResponse(request, "admin/drifts/drift/decide.html", context)


def _decide(
    page: DriftAdmin, request: HttpRequest, drifts: list[Drift], *, action: Action, values: dict[str, Any]
) -> None:
    """Decide about each drift by itself: one that cannot be decided does not stop the others."""
    decision, statuses = DECISIONS[action], Counter[str]()

    def act(drift: Drift) -> None:
        seen = {"difference_digest": seen_digest(drift, request.POST)} if decision.is_bound else {}
        decided = decision.run(drift.account_id, drift.pk, **values, **seen, by=actor_of(request))
        statuses[decided.status] += 1

    said = page.for_each(request, drifts, act, called=attrgetter("resource_id"))
    done = statuses[LEADS_TO[action]]
    if waiting := said - done:
        words = f"{decision.title}: noted for {waiting}; it takes others who say the same."
        page.message_user(request, words, messages.WARNING)
    if done:
        page.message_user(request, f"{decision.title}: done for {done}.", messages.SUCCESS)
