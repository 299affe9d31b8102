"""Accounts' own severity rules."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [
        ("drifts", "0004_noise_and_ignore_rules"),
        ("accounts", "0003_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SeverityRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=100, help_text="Rules are asked from the lowest to the highest."
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
                    "because",
                    models.CharField(help_text="Why, in one sentence; {attribute} is filled in.", max_length=300),
                ),
                (
                    "types",
                    models.JSONField(default=list, help_text="Globs over the provider's type or the family."),
                ),
                ("kinds", models.JSONField(default=list, help_text="Of modified, deleted, unmanaged.")),
                (
                    "attributes",
                    models.JSONField(
                        blank=True, default=list, help_text="Globs over the attribute's path; empty: any."
                    ),
                ),
                (
                    "environments",
                    models.JSONField(default=list, help_text="Globs over the stack's environment."),
                ),
                (
                    "test",
                    models.JSONField(
                        blank=True, help_text="What the change must show: a test and its argument.", null=True
                    ),
                ),
                ("is_enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "author",
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
                "db_table": "drifts_severity_rule",
                "ordering": ["position", "id"],
                "indexes": [
                    models.Index(fields=["account", "position", "id"], name="drifts_severity_rule_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "name"), name="drifts_severity_rule_name"),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["critical", "high", "medium", "low"])),
                        name="drifts_severity_rule_severity",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="severityrule",
            trigger=pgtrigger.compiler.Trigger(
                name="severity_rule_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="d4a870b1c8b2ce994e391fd0d6c0484e2419ebc6",
                    operation="UPDATE",
                    pgid="pgtrigger_severity_rule_updated_at_92fb8",
                    table="drifts_severity_rule",
                    when="BEFORE",
                ),
            ),
        ),
        walls.wall("drifts_severity_rule"),
    ]
