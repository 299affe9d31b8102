"""Channels and what went to them, in the admin: writes go through `alerts.actions`, and no secret is ever shown."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from alerts.actions import channels
from alerts.actions.channels import Made
from alerts.actions.redelivering import redeliver, redeliver_dead
from alerts.actions.testing import send_test
from alerts.channel_serializers import MAX_DIGEST, MAX_JSON, MOST_ATTEMPTS
from alerts.models import Channel, Delivery
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge
from driftsentry.api.tenancy import account_id_of

LISTS = ("severities", "types", "stacks", "environments")
STANDING = (
    *("destination", "its_secrets", "previous_secret_until", "health", "disabled_at", "disabled_reason"),
    *("failing_since", "resting_until", "last_delivered_at", "its_deliveries", "created_at", "updated_at"),
)
"""What stands on a channel's page and is not written there."""
MOST_TESTED = 3
"""Tests at once: each takes up to ten seconds, and somebody waits."""
AN_OBJECT = f"A JSON object of at most {MAX_JSON} bytes."


def _object(value: Any) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValidationError: It is something else; nothing of it is repeated.
    """
    if not isinstance(value, dict) or len(json.dumps(value)) > MAX_JSON or "\\u0000" in json.dumps(value):
        raise forms.ValidationError(AN_OBJECT)
    return value


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """A channel; what it is is looked at by the action."""

    secrets = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text='Names and values as JSON: {"url": "https://…"}; null removes one. What is kept is never shown.',
    )
    digest_above = forms.IntegerField(
        min_value=1, max_value=MAX_DIGEST, initial=5, help_text="More messages of one scan become one."
    )

    class Meta:
        """What may be set."""

        model = Channel
        fields = ("name", "kind", "config", *LISTS, "quiet_hours", "digest_above", "is_enabled")

    def clean_config(self) -> dict[str, Any]:
        """Take an object only."""
        return _object(self.cleaned_data["config"] or {})

    def clean_secrets(self) -> dict[str, Any]:
        """Read the names and values.

        Raises:
            ValidationError: They are something else; nothing of them is repeated.
        """
        try:
            found = json.loads(self.cleaned_data["secrets"] or "{}")
        except ValueError:
            raise forms.ValidationError(AN_OBJECT) from None
        return _object(found)

    def clean(self) -> dict[str, Any]:
        """An empty list is one, too."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        return {name: value if value is not None or name not in LISTS else [] for name, value in cleaned.items()}

    def _post_clean(self) -> None:
        """Leave the row alone: the action reads it, and sets what is new."""


@admin.register(Channel)
class ChannelAdmin(TenantAdmin):
    """Where teams are told of what they chose to hear."""

    writing = Permission.ADMINISTER
    form = ChannelForm
    list_display = ("name", "kind", "destination", "is_enabled", "health", "last_delivered_at", "its_deliveries")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("account",)
    search_fields = ("name", "destination")
    date_hierarchy = "created_at"
    ordering = ("name",)
    actions = ("send_test", "redeliver_dead")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """The channels, without their secrets.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("secrets")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What may be set, and how it fares.

        Args:
            request: Of an admin.
            obj: The channel, none where one is added.
        """
        return (*ChannelForm.Meta.fields, "secrets", *(STANDING if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A channel stays of its kind.

        Args:
            request: Of an admin.
            obj: The channel, none where one is added.
        """
        return () if obj is None else ("kind", *STANDING)

    def save_model(self, request: Any, obj: Channel, form: Any, change: bool) -> None:
        """Make the channel, or change it.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values, by = dict(form.cleaned_data), actor_of(request)
        if change:
            values.pop("kind", None)
            channels.change_channel(obj.account_id, obj.pk, values=values, by=by)
        else:
            request.made_channel = channels.create_channel(account_id_of(request), values=values, by=by)
            obj.pk = request.made_channel.channel.pk

    def response_add(self, request: Any, obj: Channel, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key that signs, where one was made, in this answer alone: a message would lie in a cookie.

        Args:
            request: Has just made one.
            obj: The channel.
            post_url_continue: As Django's.
        """
        made: Made = request.made_channel
        if not made.signing_secret:
            return super().response_add(request, made.channel, post_url_continue)
        title = f"Signing secret of {made.channel.name}"
        context = {**self.admin_site.each_context(request), "title": title, "secret": made.signing_secret}
        return render(request, "admin/alerts/channel/shown_once.html", context)

    @admin.action(description="Send a test message", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Send a test message to each selected channel, and say what came of it.

        Args:
            request: Of an admin.
            queryset: The channels.
        """
        selected = self.selection(request, queryset)
        if len(selected) > MOST_TESTED:
            self.message_user(request, f"Test at most {MOST_TESTED} at a time.", messages.ERROR)
            return
        for channel in selected:
            delivery = send_test(channel.account_id, channel.pk, by=actor_of(request))
            arrived = delivery.status == Delivery.Statuses.DELIVERED
            words = f"{channel.name}: {delivery.get_status_display()}. {delivery.last_answer}"
            self.message_user(request, words, messages.SUCCESS if arrived else messages.ERROR)

    @admin.action(description="Send once more what was given up", permissions=["change"])
    def redeliver_dead(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Send once more what the selected channels had not taken: one that cannot does not stop the others.

        Args:
            request: Of an admin.
            queryset: The channels.
        """

        def again(channel: Channel) -> None:
            done = redeliver_dead(channel.account_id, channel.pk, by=actor_of(request))
            over = f", {done.over} cancelled as over by now" if done.over else ""
            words = f"{channel.name}: {done.redelivered} sent once more{over}, {done.left} left."
            self.message_user(request, words, messages.SUCCESS)

        self.for_each(request, self.selection(request, queryset), again)

    @admin.display(description="health")
    def health(self, channel: Channel) -> SafeString:
        """How it fares."""
        if channel.disabled_at is not None:
            return badge("doubt", "stale", "Disabled itself")
        return badge("doubt", "stale", "Failing") if channel.failing_since else format_html("{}", "")

    @admin.display(description="secrets")
    def its_secrets(self, channel: Channel) -> str:
        """Which secrets there are, and the end of each."""
        return ", ".join(f"{name} {shown}" for name, shown in channel.secret_hints.items()) or "none"

    @admin.display(description="of it")
    def its_deliveries(self, channel: Channel) -> SafeString:
        """Where its deliveries are."""
        page = reverse("admin:alerts_delivery_changelist")
        return format_html('<a href="{}?channel__id__exact={}">deliveries</a>', page, channel.pk)


@admin.register(Delivery)
class DeliveryAdmin(TenantAdmin):
    """Messages to channels, newest first: on their way, delivered, or given up. Those to users alone are theirs."""

    list_display = ("title", "status_badge", "type", "channel", "tries", "next_try_at", "last_answer", "created_at")
    list_filter = ("status", "medium")
    list_select_related = ("account", "channel")
    search_fields = ("key", "drift__id__exact", "id__exact")
    search_help_text = "A delivery's or a drift's id"
    date_hierarchy = "created_at"
    ordering = ("-id",)
    linked = ("channel",)
    actions = ("redeliver",)
    fields = (
        *("title", "text", "status_badge", "type", "severity", "channel", "medium", "its_drift", "key"),
        *("tries", "due_at", "next_try_at", "last_status", "last_answer", "its_attempts", "created_at", "finished_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """The deliveries to channels, and the user's own.

        Args:
            request: Of an admin.
        """
        rows = super().get_queryset(request)
        return rows.exclude(channel=None) | rows.filter(recipient=request.user.pk)

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may have messages sent once more.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.ADMINISTER)

    @admin.action(description="Send once more", permissions=["redeliver"])
    def redeliver(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Send the selected ones once more: one that cannot be does not stop the others.

        Args:
            request: Of an admin.
            queryset: The deliveries.
        """
        done = self.for_each(
            request,
            self.selection(request, queryset),
            lambda delivery: redeliver(delivery.account_id, delivery.pk, by=actor_of(request)),
        )
        if done:
            self.message_user(request, f"Sent once more: {done}. A worker does it.", messages.SUCCESS)

    @admin.display(description="message")
    def title(self, delivery: Delivery) -> str:
        """One line of what it tells."""
        return self._told(delivery, "title") or delivery.key

    @admin.display(description="text")
    def text(self, delivery: Delivery) -> str:
        """All of what it tells."""
        return self._told(delivery, "text") or "-"

    @admin.display(description="status", ordering="status")
    def status_badge(self, delivery: Delivery) -> SafeString:
        """Where it stands."""
        return badge("status", delivery.status, delivery.get_status_display())

    @admin.display(description="drift")
    def its_drift(self, delivery: Delivery) -> SafeString | str:
        """The drift it is about."""
        if delivery.drift_id is None:
            return "-"
        page = reverse("admin:drifts_drift_change", args=[delivery.drift_id])
        return format_html('<a href="{}">{}</a>', page, delivery.drift_id)

    @admin.display(description="attempts")
    def its_attempts(self, delivery: Delivery) -> SafeString | str:
        """Each try, the newest first."""
        rows = (
            (one.number, f"{one.at:%Y-%m-%d %H:%M:%S}", one.get_outcome_display(), one.took_ms, one.answer)
            for one in delivery.attempts.order_by("-number")[:MOST_ATTEMPTS]
        )
        return format_html_join("", "<p>#{} {} UTC: {} ({} ms). {}</p>", rows) or "-"

    def _told(self, delivery: Delivery, name: str) -> str:
        stored = delivery.message
        return str(stored.get(name, "")) if isinstance(stored, dict) else ""
