"""Whose a drift is; groups of drifts are assigned and snoozed, too."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ACTIONS = [
    ("triage", "Triage"),
    ("approve", "Approve"),
    ("reject", "Reject"),
    ("acknowledge", "Acknowledge: the change stands, and it is over"),
    ("snooze", "Snooze"),
    ("assign", "Assign"),
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
        ("drifts", "0011_provider_versions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="driftgroupdecision", name="drifts_group_decision_action"),
        migrations.AlterField(
            model_name="driftgroupdecision",
            name="action",
            field=models.CharField(choices=ACTIONS, max_length=20),
        ),
        migrations.AddConstraint(
            model_name="driftgroupdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", [name for name, _ in ACTIONS])), name="drifts_group_decision_action"
            ),
        ),
        migrations.AddField(
            model_name="driftgroupdecision",
            name="until",
            field=models.DateTimeField(
                blank=True, help_text="Until when they were snoozed; empty: until they differ otherwise.", null=True
            ),
        ),
        migrations.AddField(
            model_name="driftgroupdecision", name="assignee", field=_user(help_text="Whose they were made.")
        ),
        migrations.AddField(
            model_name="driftgroupmember",
            name="assignee_before",
            field=_user(help_text="Whose it was before it was made somebody else's."),
        ),
        migrations.AddField(model_name="drift", name="assignee", field=_user(help_text="Whose it is.")),
        migrations.AddField(model_name="drift", name="assigned_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="drift", name="assigned_by", field=_user()),
        migrations.AddIndex(
            model_name="drift",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["account", "assignee", "-detected_at", "-id"],
                name="drifts_drift_by_assignee",
            ),
        ),
        migrations.AddConstraint(
            model_name="drift",
            constraint=models.CheckConstraint(
                condition=models.Q(("assignee__isnull", True), ("assigned_at__isnull", False), _connector="OR"),
                name="drifts_drift_assignment",
            ),
        ),
    ]
