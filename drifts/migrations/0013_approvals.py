"""Several approvers: what accounts demand, what each person said, and the reviews of decisions of one alone."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [
        ("drifts", "0012_assignment"),
        ("accounts", "0003_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="driftgroupdecision",
            name="awaiting",
            field=models.PositiveIntegerField(default=0, help_text="Members that it takes more people to decide."),
        ),
        migrations.AlterField(
            model_name="driftgroupmember",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("decided", "Decided"),
                    ("awaiting", "It takes more people"),
                    ("refused", "Its state did not allow it"),
                    ("undone", "Undone: opened anew"),
                    ("left", "Left alone when it was undone"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="DriftApproval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("decision", models.CharField(choices=[("approve", "Approve"), ("reject", "Reject")], max_length=10)),
                ("reason", models.TextField(blank=True)),
                ("difference_digest", models.BinaryField(help_text="Of the difference that was seen.", max_length=32)),
                ("given_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, help_text="Empty: it stands.", null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("decided", "The drift was decided so"),
                            ("overtaken", "The drift was decided without it, or is over"),
                            ("difference", "The difference has changed"),
                            ("expired", "Expired"),
                            ("role", "Its giver may no longer decide"),
                            ("principal", "Its giver made the change"),
                            ("replaced", "Its giver said the other"),
                            ("withdrawn", "Taken back"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "drift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voices", to="drifts.drift"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "drifts_approval",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DriftReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("decision", models.CharField(choices=[("approve", "Approve"), ("reject", "Reject")], max_length=10)),
                ("broken_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "overdue_told_at",
                    models.DateTimeField(blank=True, help_text="When people were told that it is late.", null=True),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True, choices=[("confirmed", "Confirmed"), ("objected", "Objected")], max_length=10
                    ),
                ),
                ("note", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "broken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "drift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="drifts.drift"
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "drifts_review",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ApprovalPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
                        max_length=20,
                    ),
                ),
                (
                    "needed",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="How many different people must say the same."
                    ),
                ),
                (
                    "applies_to",
                    models.CharField(
                        choices=[("approve", "Approving"), ("reject", "Rejecting"), ("both", "Both")],
                        default="both",
                        max_length=10,
                    ),
                ),
                ("expires_hours", models.PositiveIntegerField(default=72, help_text="How long an approval counts.")),
                (
                    "break_glass",
                    models.BooleanField(
                        default=False,
                        help_text="Whether one person may decide alone in an emergency; another must review it.",
                    ),
                ),
                (
                    "review_within_hours",
                    models.PositiveIntegerField(default=24, help_text="How long such a review may take."),
                ),
                (
                    "exclude_principal",
                    models.BooleanField(
                        default=True, help_text="Whether who made the change may not decide even where one is enough."
                    ),
                ),
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
                "verbose_name_plural": "approval policies",
                "db_table": "drifts_approval_policy",
                "ordering": ["severity"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "severity"), name="drifts_approval_policy_once"),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["critical", "high", "medium", "low"])),
                        name="drifts_approval_policy_severity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("needed__gte", 1), ("needed__lte", 5)), name="drifts_approval_policy_needed"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="approvalpolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="approval_policy_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="45d770773d3817aa867aced0219c9d2104ee2ef5",
                    operation="UPDATE",
                    pgid="pgtrigger_approval_policy_updated_at_74963",
                    table="drifts_approval_policy",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="driftapproval",
            index=models.Index(fields=["account", "-id"], name="drifts_approval_newest"),
        ),
        migrations.AddIndex(
            model_name="driftapproval",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["expires_at"], name="drifts_approval_expires"
            ),
        ),
        migrations.AddConstraint(
            model_name="driftapproval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("account", "drift", "user"),
                name="drifts_approval_one_voice",
            ),
        ),
        migrations.AddConstraint(
            model_name="driftapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["approve", "reject"])), name="drifts_approval_decision"
            ),
        ),
        migrations.AddConstraint(
            model_name="driftapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_because", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="drifts_approval_end",
            ),
        ),
        migrations.AddIndex(
            model_name="driftreview",
            index=models.Index(fields=["account", "-id"], name="drifts_review_newest"),
        ),
        migrations.AddIndex(
            model_name="driftreview",
            index=models.Index(
                condition=models.Q(("reviewed_at", None)), fields=["due_at"], name="drifts_review_pending"
            ),
        ),
        migrations.AddConstraint(
            model_name="driftreview",
            constraint=models.UniqueConstraint(fields=("account", "drift"), name="drifts_review_once"),
        ),
        migrations.AddConstraint(
            model_name="driftreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_at", None), ("verdict", "")),
                    models.Q(("reviewed_at__isnull", False), ("verdict__in", ["confirmed", "objected"])),
                    _connector="OR",
                ),
                name="drifts_review_verdict",
            ),
        ),
        walls.wall("drifts_approval_policy"),
        walls.wall("drifts_approval"),
        walls.wall("drifts_review"),
    ]
