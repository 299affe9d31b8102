"""Drifts that share a cause: decisions that were made of all of them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls

ACTIONS = ["triage", "approve", "reject", "acknowledge"]
CAUSES = ["principal", "same_change", "version_step", "time_window"]


class Migration(migrations.Migration):
    dependencies = [
        ("drifts", "0007_consequences"),
        ("accounts", "0003_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DriftGroupDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group_id", models.UUIDField(help_text="The group's id; a group has no row of its own.")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("principal", "One principal"),
                            ("same_change", "The same change"),
                            ("version_step", "A version step"),
                            ("time_window", "One time window"),
                        ],
                        max_length=20,
                    ),
                ),
                ("sentence", models.TextField(help_text="What the members shared, in words, as it was then.")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("triage", "Triage"),
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("acknowledge", "Acknowledge: the change stands, and it is over"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField()),
                ("decided", models.PositiveIntegerField(default=0, help_text="Members that it was made of.")),
                ("refused", models.PositiveIntegerField(default=0, help_text="Members whose state did not allow it.")),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_note", models.TextField(blank=True)),
                ("undone", models.PositiveIntegerField(default=0, help_text="Members that were opened anew.")),
                (
                    "left",
                    models.PositiveIntegerField(
                        default=0, help_text="Members that no longer stood as it had left them."
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "drifts_group_decision",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["account", "-id"], name="drifts_group_decision_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ACTIONS)), name="drifts_group_decision_action"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", CAUSES)), name="drifts_group_decision_cause"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DriftGroupMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("decided", "Decided"),
                            ("refused", "Its state did not allow it"),
                            ("undone", "Undone: opened anew"),
                            ("left", "Left alone when it was undone"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "error",
                    models.CharField(blank=True, help_text="Why it was refused or left alone.", max_length=500),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="drifts.driftgroupdecision",
                    ),
                ),
                (
                    "drift",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drifts.drift"),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        help_text="The drift that was opened anew.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drifts.drift",
                    ),
                ),
            ],
            options={
                "db_table": "drifts_group_member",
                "ordering": ["drift_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "decision", "drift"), name="drifts_group_member_once"),
                ],
            },
        ),
        walls.wall("drifts_group_decision"),
        walls.wall("drifts_group_member"),
    ]
