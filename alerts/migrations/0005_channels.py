"""Channels, deliveries and the tries at them."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import driftsentry.api.encryption
import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_walls"),
        ("api", "0003_walls"),
        ("alerts", "0004_issues_of_detection"),
        ("drifts", "0011_provider_versions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("slack", "Slack"),
                            ("teams", "Microsoft Teams"),
                            ("pagerduty", "PagerDuty"),
                            ("webhook", "Webhook"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "config",
                    models.JSONField(
                        blank=True, default=dict, help_text="What is not secret, e.g. an e-mail's recipients."
                    ),
                ),
                (
                    "secrets",
                    driftsentry.api.encryption.EncryptedTextField(
                        blank=True, default="", help_text="What is: addresses that hold a token, keys. JSON."
                    ),
                ),
                (
                    "destination",
                    models.CharField(
                        blank=True, help_text="Where its messages go, as far as that may be shown.", max_length=200
                    ),
                ),
                (
                    "secret_hints",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Which secrets there are, each with as much of it as may be shown.",
                    ),
                ),
                (
                    "previous_secret_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when the signing secret before this one signs beside it.",
                        null=True,
                    ),
                ),
                (
                    "severities",
                    models.JSONField(blank=True, default=list, help_text="Which severities it hears of; empty: all."),
                ),
                ("types", models.JSONField(blank=True, default=list, help_text="Which types it hears of; empty: all.")),
                (
                    "stacks",
                    models.JSONField(blank=True, default=list, help_text="Names or globs of stacks; empty: all."),
                ),
                ("environments", models.JSONField(blank=True, default=list, help_text="Names or globs; empty: all.")),
                (
                    "quiet_hours",
                    models.JSONField(blank=True, help_text="When it is left in peace; empty: never.", null=True),
                ),
                (
                    "digest_above",
                    models.PositiveSmallIntegerField(
                        default=5, help_text="More than so many messages of one scan become one."
                    ),
                ),
                ("is_enabled", models.BooleanField(default=True)),
                (
                    "disabled_at",
                    models.DateTimeField(blank=True, help_text="When DriftSentry itself disabled it.", null=True),
                ),
                ("disabled_reason", models.CharField(blank=True, help_text="Why it did, in words.", max_length=500)),
                (
                    "failing_since",
                    models.DateTimeField(blank=True, help_text="Since when nothing has been delivered.", null=True),
                ),
                (
                    "resting_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when it is not spoken to: it failed, or asked for that.",
                        null=True,
                    ),
                ),
                ("last_delivered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_channel",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id,
                        editable=False,
                        help_text="Stays the same however often it is sent.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "medium",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("slack", "Slack"),
                            ("teams", "Microsoft Teams"),
                            ("pagerduty", "PagerDuty"),
                            ("webhook", "Webhook"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="What it tells: a channel or user is told of that once.", max_length=200
                    ),
                ),
                ("type", models.CharField(help_text="One of `alerts.occasions.Type`.", max_length=40)),
                ("severity", models.CharField(blank=True, max_length=20)),
                ("entry_id", models.UUIDField(blank=True, help_text="The journal entry that it is about.", null=True)),
                (
                    "message",
                    models.JSONField(
                        help_text="What it says: `alerts.sending.message.Message`; never a state or secret."
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("dead", "Dead: given up"),
                            ("cancelled", "Cancelled: nobody is to be told any more"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, help_text="How often it was tried since `due_at`."),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="When it was to be sent at first; it is tried for a day from then on."
                    ),
                ),
                ("next_try_at", models.DateTimeField(blank=True, help_text="Empty once it is over.", null=True)),
                (
                    "leased_until",
                    models.DateTimeField(blank=True, help_text="Until when a worker that sends it has it.", null=True),
                ),
                (
                    "last_status",
                    models.PositiveSmallIntegerField(blank=True, help_text="The last answer's HTTP status.", null=True),
                ),
                (
                    "last_answer",
                    models.CharField(blank=True, help_text="What the last try came to, in words.", max_length=500),
                ),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alerts.alert",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="alerts.channel",
                    ),
                ),
                (
                    "drift",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drifts.drift",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        blank=True,
                        help_text="For a user alone.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drifts.scan",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "alerts_delivery",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(help_text="From 1.")),
                ("at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField(help_text="How long it took, in milliseconds.")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("delivered", "Delivered"),
                            ("again", "To be tried again"),
                            ("refused", "Refused: no other try would help"),
                            ("gone", "Gone: nothing will be taken there any more"),
                            ("lost", "Lost: whoever sent it ended before the answer was noted"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(blank=True, help_text="The HTTP status, if one came.", null=True),
                ),
                (
                    "answer",
                    models.CharField(blank=True, help_text="What came back, or why nothing did.", max_length=500),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="alerts.delivery"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_attempt",
                "ordering": ["delivery", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(
                models.F("account"), django.db.models.functions.text.Lower("name"), name="alerts_channel_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["email", "slack", "teams", "pagerduty", "webhook"])),
                name="alerts_channel_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["account", "-id"], name="alerts_delivery_newest"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["channel", "-id"], name="alerts_delivery_of_channel"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("drift__isnull", False)), fields=["drift"], name="alerts_delivery_of_drift"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("status", "pending")), fields=["next_try_at"], name="alerts_delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("channel__isnull", False), ("status__in", ["pending", "dead"])),
                fields=["channel", "status"],
                name="alerts_delivery_open",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)), fields=["finished_at"], name="alerts_delivery_over"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("channel__isnull", False)),
                fields=("account", "channel", "key"),
                name="alerts_delivery_channel_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("channel__isnull", True)),
                fields=("account", "recipient", "medium", "key"),
                name="alerts_delivery_recipient_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel__isnull", False), ("recipient__isnull", True)),
                    models.Q(("channel__isnull", True), ("recipient__isnull", False)),
                    _connector="OR",
                ),
                name="alerts_delivery_to",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "delivered", "dead", "cancelled"])),
                name="alerts_delivery_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("next_try_at__isnull", False), ("status", "pending")),
                    models.Q(
                        models.Q(("status", "pending"), _negated=True),
                        ("finished_at__isnull", False),
                        ("next_try_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="alerts_delivery_next_try",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("delivery", "number"), name="alerts_attempt_number"),
        ),
        walls.wall("alerts_channel"),
        walls.wall("alerts_delivery"),
        walls.wall("alerts_attempt"),
    ]
