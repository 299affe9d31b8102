"""Who has an alert, whose it is, and until when it is snoozed; alerts that tell a user of an assignment."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TYPES = [
    ("drift_detected", "Drift detected"),
    ("approval_needed", "Approval needed"),
    ("remediation_failed", "Remediation failed"),
    ("drift_recurred", "Drift recurred"),
    ("scan_failed", "Scan failed"),
    ("cost_threshold_exceeded", "Cost threshold exceeded"),
    ("session_reused", "Session reused"),
    ("assigned", "Assigned to you"),
    ("channel_disabled", "Channel disabled"),
]


def _user(**more: str) -> models.ForeignKey:
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **more,
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("alerts", "0005_channels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="alert", name="alerts_alert_type"),
        migrations.AlterField(model_name="alert", name="type", field=models.CharField(choices=TYPES, max_length=40)),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", [name for name, _ in TYPES])), name="alerts_alert_type"
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_at",
            field=models.DateTimeField(blank=True, help_text="When somebody said that they have it.", null=True),
        ),
        migrations.AddField(model_name="alert", name="acknowledged_by", field=_user()),
        migrations.AddField(
            model_name="alert",
            name="acknowledgement_note",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(model_name="alert", name="assignee", field=_user(help_text="Whose it is.")),
        migrations.AddField(model_name="alert", name="assigned_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="alert", name="assigned_by", field=_user()),
        migrations.AddField(
            model_name="alert",
            name="snoozed_at",
            field=models.DateTimeField(blank=True, help_text="When it was snoozed; empty: it is not.", null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="snoozed_until",
            field=models.DateTimeField(
                blank=True,
                help_text="Until when; empty with a snooze: until its drift differs otherwise.",
                null=True,
            ),
        ),
        migrations.AddField(model_name="alert", name="snoozed_by", field=_user()),
        migrations.AddField(
            model_name="alert",
            name="snooze_reason",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="alert",
            name="snooze_digests",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="The digests of its drift's changes as they were when somebody snoozed it.",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["account", "assignee", "-id"],
                name="alerts_alert_by_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("snoozed_at__isnull", False)), fields=["account"], name="alerts_alert_snoozed"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)),
                fields=["snoozed_until"],
                name="alerts_alert_snooze_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("assignee__isnull", True), ("assigned_at__isnull", False), _connector="OR"),
                name="alerts_alert_assignment",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("snoozed_at__isnull", False), ("snoozed_until__isnull", True), _connector="OR"),
                name="alerts_alert_snooze",
            ),
        ),
    ]
