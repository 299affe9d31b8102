"""When people are reminded, and which channels were told of what."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import alerts.notification_limits
import driftsentry.api.ids
from driftsentry.api import walls


def _id() -> tuple[str, models.UUIDField]:
    return (
        "id",
        models.UUIDField(default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False),
    )


def _of(name: str, to: str, on_delete: object = django.db.models.deletion.PROTECT) -> tuple[str, models.ForeignKey]:
    return name, models.ForeignKey(db_index=False, on_delete=on_delete, related_name="+", to=to)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0001_initial"),
        ("alerts", "0006_handling"),
        ("drifts", "0011_provider_versions"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="NotificationSettings",
            fields=[
                _id(),
                (
                    "reminder_severities",
                    models.JSONField(
                        blank=True,
                        default=alerts.notification_limits.default_severities,
                        help_text="Of which drifts people are reminded; empty: of none.",
                    ),
                ),
                (
                    "reminder_after_hours",
                    models.PositiveSmallIntegerField(
                        default=24, help_text="How long a drift waits undecided before the first reminder."
                    ),
                ),
                (
                    "repeat_every_hours",
                    models.PositiveSmallIntegerField(
                        default=24, help_text="How long after a reminder the next one follows."
                    ),
                ),
                (
                    "cost_threshold_monthly",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="People are told when open drifts cost more than this a month, USD; empty: never.",
                        max_digits=14,
                        null=True,
                    ),
                ),
                (
                    "cost_exceeded_at",
                    models.DateTimeField(
                        blank=True, help_text="When they were told of it; empty once it is no longer so.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_notification_settings",
                "verbose_name_plural": "notification settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(reminder_after_hours__gte=1, reminder_after_hours__lte=720),
                        name="alerts_notification_after",
                    ),
                    models.CheckConstraint(
                        condition=Q(repeat_every_hours__gte=1, repeat_every_hours__lte=720),
                        name="alerts_notification_repeat",
                    ),
                    models.CheckConstraint(
                        condition=Q(cost_threshold_monthly__isnull=True) | Q(cost_threshold_monthly__gt=0),
                        name="alerts_notification_cost",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                _id(),
                ("number", models.PositiveSmallIntegerField(help_text="How often.")),
                ("last_at", models.DateTimeField(help_text="When last.")),
                _of("account", "accounts.account"),
                _of("drift", "drifts.drift"),
            ],
            options={
                "db_table": "alerts_reminder",
                "ordering": ["-last_at"],
                "constraints": [models.UniqueConstraint(fields=("drift", "account"), name="alerts_reminder_once")],
            },
        ),
        migrations.CreateModel(
            name="Told",
            fields=[
                _id(),
                ("severity_rank", models.PositiveSmallIntegerField(help_text="As how grave; 0 is the gravest.")),
                ("told_at", models.DateTimeField()),
                _of("account", "accounts.account"),
                _of("channel", "alerts.channel", django.db.models.deletion.CASCADE),
                _of("drift", "drifts.drift"),
            ],
            options={
                "db_table": "alerts_told",
                "ordering": ["-told_at"],
                "verbose_name_plural": "told",
                "constraints": [
                    models.UniqueConstraint(fields=("drift", "channel", "account"), name="alerts_told_once")
                ],
            },
        ),
        walls.wall("alerts_notification_settings"),
        walls.wall("alerts_reminder"),
        walls.wall("alerts_told"),
    ]
