"""Every route: `/api/v1`, the docs, the admin and operations. Both forms of a path answer, with and without a slash."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views import sso
from accounts.views.api_keys import ApiKeyViewSet, OwnApiKeyViewSet
from accounts.views.auth import AuthViewSet, LogoutViewSet
from accounts.views.me import MeViewSet
from accounts.views.passwords import MailedPasswordViewSet, PasswordViewSet
from accounts.views.passwords import page as password_page
from accounts.views.second_factor import SecondFactorResetViewSet, SecondFactorViewSet
from accounts.views.sessions import MySessionViewSet
from accounts.views.sso import SsoTokenViewSet
from accounts.views.users import UserViewSet
from alerts.views.alerts import AlertViewSet
from alerts.views.channels import ChannelViewSet
from alerts.views.deliveries import ChannelDeliveryViewSet, DeliveryViewSet
from alerts.views.notification_settings import NotificationSettingsViewSet
from audit.views import AuditLogViewSet
from costs.views import CostTrendViewSet
from drifts.views.approval_policies import ApprovalPolicyViewSet
from drifts.views.detection_settings import DetectionSettingsViewSet
from drifts.views.drifts import DriftViewSet
from drifts.views.exports import DriftExportViewSet
from drifts.views.groups import DriftGroupMemberViewSet, DriftGroupViewSet, GroupDecisionViewSet
from drifts.views.ignore_rules import IgnoreRuleViewSet, RuleHiddenViewSet, ScanHiddenViewSet
from drifts.views.noise_rules import NoiseRuleViewSet
from drifts.views.remediation import RemediationHookViewSet, RemediationResultViewSet
from drifts.views.scans import ScanViewSet
from drifts.views.severity_rules import SeverityRuleViewSet
from drifts.views.stacks import StackViewSet
from driftsentry.api.openapi import DocsView, SchemaView
from driftsentry.dashboard.views import MetricsViewSet
from driftsentry.operations import views as operations
from driftsentry.realtime.views import AsyncApiView, EventViewSet

Route = URLPattern | URLResolver
ID = r"(?P<pk>[^/]+)"


def route(pattern: str, view: object, name: str) -> URLPattern:
    """A route that answers with and without a trailing slash, so that no redirect drops a body.

    Args:
        pattern: A regular expression below the prefix.
        view: The view.
        name: The route's name.
    """
    return re_path(rf"^{pattern}/?$", view, name=name)  # type: ignore[call-overload,no-any-return]


API: list[Route] = [
    route("auth/login", AuthViewSet.as_view({"post": "login"}), "login"),
    route("auth/refresh", AuthViewSet.as_view({"post": "refresh"}), "refresh"),
    route("auth/sso/token", SsoTokenViewSet.as_view({"post": "create"}), "sso-token"),
    route("auth/logout", LogoutViewSet.as_view({"post": "logout"}), "logout"),
    route("users/me", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}), "me"),
    route("users/me/password", PasswordViewSet.as_view({"post": "change"}), "my-password"),
    route("auth/password/forgot", MailedPasswordViewSet.as_view({"post": "forgot"}), "password-forgot"),
    route("auth/password/reset", MailedPasswordViewSet.as_view({"post": "reset"}), "password-reset"),
    route("users", UserViewSet.as_view({"get": "list", "post": "create"}), "users"),
    route(
        f"users/{ID}",
        UserViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        "user",
    ),
    route(f"users/{ID}/invite", UserViewSet.as_view({"post": "invite"}), "user-invite"),
    route(
        "users/me/sessions",
        MySessionViewSet.as_view({"get": "list", "delete": "destroy_others"}),
        "my-sessions",
    ),
    route(f"users/me/sessions/{ID}", MySessionViewSet.as_view({"delete": "destroy"}), "my-session"),
    route("users/me/settings", MeViewSet.as_view({"put": "change_settings"}), "my-settings"),
    route(
        "users/me/second-factor",
        SecondFactorViewSet.as_view({"get": "retrieve", "post": "create", "delete": "destroy"}),
        "my-second-factor",
    ),
    route(
        "users/me/second-factor/confirm", SecondFactorViewSet.as_view({"post": "confirm"}), "my-second-factor-confirm"
    ),
    route(
        "users/me/second-factor/recovery-codes",
        SecondFactorViewSet.as_view({"post": "recovery_codes"}),
        "my-recovery-codes",
    ),
    route(f"users/{ID}/second-factor", SecondFactorResetViewSet.as_view({"delete": "destroy"}), "user-second-factor"),
    route("users/me/api-key", OwnApiKeyViewSet.as_view({"get": "retrieve", "delete": "destroy"}), "my-api-key"),
    route("users/me/api-key/regenerate", OwnApiKeyViewSet.as_view({"post": "regenerate"}), "my-api-key-regenerate"),
    route("api-keys", ApiKeyViewSet.as_view({"get": "list", "post": "create"}), "api-keys"),
    route(
        f"api-keys/{ID}",
        ApiKeyViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        "api-key",
    ),
    route("stacks", StackViewSet.as_view({"get": "list", "post": "create"}), "stacks"),
    route(
        f"stacks/{ID}",
        StackViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
        "stack",
    ),
    route(f"stacks/{ID}/scan", StackViewSet.as_view({"post": "scan"}), "stack-scan"),
    route(
        f"stacks/{ID}/remediation-hook",
        RemediationHookViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        "stack-remediation-hook",
    ),
    route(f"remediation-runs/{ID}/result", RemediationResultViewSet.as_view({"post": "result"}), "remediation-result"),
    route("scans", ScanViewSet.as_view({"get": "list", "post": "create"}), "scans"),
    route(f"scans/{ID}", ScanViewSet.as_view({"get": "retrieve"}), "scan"),
    route(f"scans/{ID}/output", ScanViewSet.as_view({"get": "output"}), "scan-output"),
    route(f"scans/{ID}/hidden", ScanHiddenViewSet.as_view({"get": "list"}), "scan-hidden"),
    route("noise-rules", NoiseRuleViewSet.as_view({"get": "list"}), "noise-rules"),
    route(f"noise-rules/{ID}", NoiseRuleViewSet.as_view({"patch": "partial_update"}), "noise-rule"),
    route("ignore-rules", IgnoreRuleViewSet.as_view({"get": "list", "post": "create"}), "ignore-rules"),
    route("ignore-rules/preview", IgnoreRuleViewSet.as_view({"post": "preview"}), "ignore-rules-preview"),
    route("ignore-rules/import", IgnoreRuleViewSet.as_view({"post": "import_file"}), "ignore-rules-import"),
    route(
        f"ignore-rules/{ID}",
        IgnoreRuleViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
        "ignore-rule",
    ),
    route(f"ignore-rules/{ID}/hidden", RuleHiddenViewSet.as_view({"get": "list"}), "ignore-rule-hidden"),
    route("drifts", DriftViewSet.as_view({"get": "list", "post": "create"}), "drifts"),
    route("drifts/bulk", DriftViewSet.as_view({"post": "bulk"}), "drifts-bulk"),
    route("drifts/export", DriftExportViewSet.as_view({"get": "list"}), "drifts-export"),
    route("drift-groups", DriftGroupViewSet.as_view({"get": "list"}), "drift-groups"),
    route("drift-groups/decisions", GroupDecisionViewSet.as_view({"get": "list"}), "drift-group-decisions"),
    route(f"drift-groups/decisions/{ID}", GroupDecisionViewSet.as_view({"get": "retrieve"}), "drift-group-decision"),
    route(
        f"drift-groups/decisions/{ID}/undo", GroupDecisionViewSet.as_view({"post": "undo"}), "drift-group-decision-undo"
    ),
    route(f"drift-groups/{ID}", DriftGroupViewSet.as_view({"get": "retrieve"}), "drift-group"),
    route(f"drift-groups/{ID}/drifts", DriftGroupMemberViewSet.as_view({"get": "list"}), "drift-group-drifts"),
    route(f"drift-groups/{ID}/decide", DriftGroupViewSet.as_view({"post": "decide"}), "drift-group-decide"),
    route(f"drift-groups/{ID}/snooze", DriftGroupViewSet.as_view({"post": "snooze"}), "drift-group-snooze"),
    route(f"drift-groups/{ID}/assign", DriftGroupViewSet.as_view({"post": "assign"}), "drift-group-assign"),
    route(f"drifts/{ID}", DriftViewSet.as_view({"get": "retrieve"}), "drift"),
    route(f"drifts/{ID}/timeline", DriftViewSet.as_view({"get": "timeline"}), "drift-timeline"),
    route(f"drifts/{ID}/remediation", DriftViewSet.as_view({"get": "remediation"}), "drift-remediation"),
    route(f"drifts/{ID}/triage", DriftViewSet.as_view({"post": "triage"}), "drift-triage"),
    route(f"drifts/{ID}/approve", DriftViewSet.as_view({"post": "approve"}), "drift-approve"),
    route(f"drifts/{ID}/reject", DriftViewSet.as_view({"post": "reject"}), "drift-reject"),
    route(f"drifts/{ID}/approval", DriftViewSet.as_view({"delete": "withdraw"}), "drift-approval"),
    route(f"drifts/{ID}/review", DriftViewSet.as_view({"post": "review"}), "drift-review"),
    route(f"drifts/{ID}/resolve", DriftViewSet.as_view({"post": "resolve"}), "drift-resolve"),
    route(f"drifts/{ID}/snooze", DriftViewSet.as_view({"post": "snooze", "delete": "unsnooze"}), "drift-snooze"),
    route(f"drifts/{ID}/assign", DriftViewSet.as_view({"post": "assign"}), "drift-assign"),
    route(f"drifts/{ID}/comments", DriftViewSet.as_view({"post": "comment"}), "drift-comments"),
    route("approval-policies", ApprovalPolicyViewSet.as_view({"get": "list"}), "approval-policies"),
    route(
        f"approval-policies/{ID}",
        ApprovalPolicyViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        "approval-policy",
    ),
    route(
        "detection-settings",
        DetectionSettingsViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        "detection-settings",
    ),
    route(
        "notification-settings",
        NotificationSettingsViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        "notification-settings",
    ),
    route("severity-rules", SeverityRuleViewSet.as_view({"get": "list", "post": "create"}), "severity-rules"),
    route("severity-rules/preview", SeverityRuleViewSet.as_view({"post": "preview"}), "severity-rules-preview"),
    route(
        f"severity-rules/{ID}",
        SeverityRuleViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        ),
        "severity-rule",
    ),
    route("alerts", AlertViewSet.as_view({"get": "list"}), "alerts"),
    route("alerts/unread-count", AlertViewSet.as_view({"get": "unread_count"}), "alerts-unread-count"),
    route("alerts/mark-all-read", AlertViewSet.as_view({"post": "mark_all_read"}), "alerts-mark-all-read"),
    route(f"alerts/{ID}/mark-read", AlertViewSet.as_view({"post": "mark_read"}), "alert-mark-read"),
    route(f"alerts/{ID}/acknowledge", AlertViewSet.as_view({"post": "acknowledge"}), "alert-acknowledge"),
    route(f"alerts/{ID}/assign", AlertViewSet.as_view({"post": "assign"}), "alert-assign"),
    route(f"alerts/{ID}/snooze", AlertViewSet.as_view({"post": "snooze", "delete": "unsnooze"}), "alert-snooze"),
    route("channels", ChannelViewSet.as_view({"get": "list", "post": "create"}), "channels"),
    route(
        f"channels/{ID}",
        ChannelViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
        "channel",
    ),
    route(f"channels/{ID}/test", ChannelViewSet.as_view({"post": "test"}), "channel-test"),
    route(f"channels/{ID}/rotate-secret", ChannelViewSet.as_view({"post": "rotate_secret"}), "channel-rotate-secret"),
    route(f"channels/{ID}/deliveries", ChannelDeliveryViewSet.as_view({"get": "list"}), "channel-deliveries"),
    route(
        f"channels/{ID}/redeliver-dead", ChannelViewSet.as_view({"post": "redeliver_dead"}), "channel-redeliver-dead"
    ),
    route(f"deliveries/{ID}", DeliveryViewSet.as_view({"get": "retrieve"}), "delivery"),
    route(f"deliveries/{ID}/redeliver", DeliveryViewSet.as_view({"post": "redeliver"}), "delivery-redeliver"),
    route("metrics/summary", MetricsViewSet.as_view({"get": "summary"}), "metrics-summary"),
    route("metrics/cost-trend", CostTrendViewSet.as_view({"get": "list"}), "metrics-cost-trend"),
    route(
        "metrics/severity-distribution",
        MetricsViewSet.as_view({"get": "severity_distribution"}),
        "metrics-severity-distribution",
    ),
    route(
        "metrics/status-distribution",
        MetricsViewSet.as_view({"get": "status_distribution"}),
        "metrics-status-distribution",
    ),
    route("metrics/top", MetricsViewSet.as_view({"get": "top"}), "metrics-top"),
    route("events", EventViewSet.as_view({"get": "read"}), "events"),
    route("audit-logs", AuditLogViewSet.as_view({"get": "list"}), "audit-logs"),
    route("audit-logs/verify", AuditLogViewSet.as_view({"get": "verify"}), "audit-verify"),
    route("audit-logs/export", AuditLogViewSet.as_view({"get": "export"}), "audit-export"),
    route("audit-logs/signing-keys", AuditLogViewSet.as_view({"get": "signing_keys"}), "audit-signing-keys"),
]

urlpatterns: list[Route] = [
    path("api/v1/", include(API)),
    route("api/schema", SchemaView.as_view(), "schema"),
    route(r"api/asyncapi\.json", AsyncApiView.as_view(), "asyncapi"),
    route("api/docs", DocsView.as_view(), "docs"),
    path("admin/", admin.site.urls),
    route("sso/login", sso.begin, "sso-login"),
    route("sso/callback", sso.callback, "sso-callback"),
    route("sso/done", sso.done, "sso-done"),
    route("password", password_page, "password-page"),
    route("health", operations.live, "health"),
    route("health/live", operations.live, "health-live"),
    route("health/ready", operations.ready, "health-ready"),
    route("health/detailed", operations.DetailedHealthView.as_view(), "health-detailed"),
    route("metrics", operations.metrics, "prometheus-django-metrics"),
    route("", operations.home, "home"),
]

handler400 = "driftsentry.api.errors.bad_request"
handler403 = "driftsentry.api.errors.forbidden"
handler404 = "driftsentry.api.errors.not_found"
handler500 = "driftsentry.api.errors.server_error"
