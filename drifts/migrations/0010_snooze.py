"""Snoozes of drifts, bound to what differs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("drifts", "0009_attribution_and_remediation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="drift",
            name="snoozed_at",
            field=models.DateTimeField(blank=True, help_text="When it was snoozed; empty: it is not.", null=True),
        ),
        migrations.AddField(
            model_name="drift",
            name="snoozed_until",
            field=models.DateTimeField(
                blank=True, help_text="Until when; empty with a snooze: until it differs otherwise.", null=True
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="snoozed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="snooze_reason",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="drift",
            name="snooze_digests",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="The digests of the changes as they were when somebody snoozed it.",
            ),
        ),
        migrations.AddIndex(
            model_name="drift",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)),
                fields=["snoozed_until"],
                name="drifts_drift_snooze_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="drift",
            constraint=models.CheckConstraint(
                condition=models.Q(("snoozed_at__isnull", True), ("snoozed_until__isnull", True))
                | models.Q(("snoozed_at__isnull", False), ("status__in", ["detected", "triaged"])),
                name="drifts_drift_snooze",
            ),
        ),
    ]
