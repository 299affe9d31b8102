"""Noise rules switched off, and ignore rules."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [
        ("drifts", "0003_recording"),
        ("accounts", "0003_walls"),
        ("api", "0003_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="scan",
            name="hidden_by_rules",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Findings of which ignore rules hid something; those hidden whole are ignored ones, too.",
            ),
        ),
        migrations.CreateModel(
            name="IgnoreRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="What people call it.", max_length=200)),
                ("stack", models.CharField(default="*", help_text="Glob over the stack's name.", max_length=200)),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Globs over the provider's type; none: any.",
                        size=None,
                    ),
                ),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Globs over the address or the real id; none: any.",
                        size=None,
                    ),
                ),
                (
                    "attributes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Globs over attribute paths; none: whatever differs, but for what guards something.",
                        size=None,
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("modified", "Modified"), ("deleted", "Deleted"), ("unmanaged", "Unmanaged")],
                            max_length=20,
                        ),
                        default=list,
                        help_text="modified, deleted, unmanaged: what it hides, each only where it is named.",
                        size=None,
                    ),
                ),
                ("reason", models.TextField(help_text="Why nobody wants to see it.", max_length=1000)),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="From then on what it hid comes back.", null=True),
                ),
                ("is_enabled", models.BooleanField(default=True)),
                (
                    "hidden_total",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Findings of which it hid something, over all scans."
                    ),
                ),
                ("last_hit_at", models.DateTimeField(blank=True, help_text="When it hid something last.", null=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                "db_table": "drifts_ignore_rule",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="HiddenFinding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fingerprint", models.BinaryField(help_text="Which resource of which stack.", max_length=32)),
                ("identity", models.TextField(help_text="The resource's name within its stack.")),
                ("address", models.TextField()),
                ("provider_type", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("modified", "Modified"), ("deleted", "Deleted"), ("unmanaged", "Unmanaged")],
                        max_length=20,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
                        help_text="How grave what is hidden would have been.",
                        max_length=20,
                    ),
                ),
                (
                    "paths",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="The attributes, at most 50.",
                        size=None,
                    ),
                ),
                ("paths_total", models.PositiveIntegerField(default=0)),
                ("is_whole", models.BooleanField(help_text="Whether nothing of the finding is left to be seen.")),
                ("hidden_at", models.DateTimeField(help_text="When it was hidden last.")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        help_text="The latest scan in which it was hidden.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drifts.scan",
                    ),
                ),
                (
                    "stack",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="drifts.stack"),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hidden", to="drifts.ignorerule"
                    ),
                ),
            ],
            options={
                "db_table": "drifts_hidden_finding",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NoiseChoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rule", models.CharField(help_text="The rule's id in the built-in table.", max_length=80)),
                ("is_enabled", models.BooleanField()),
                ("reason", models.TextField(blank=True, max_length=1000)),
                ("switched_at", models.DateTimeField()),
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
                "db_table": "drifts_noise_choice",
                "ordering": ["rule"],
            },
        ),
        migrations.AddIndex(
            model_name="ignorerule",
            index=models.Index(fields=["account", "-id"], name="drifts_ignore_rule_newest"),
        ),
        migrations.AddConstraint(
            model_name="ignorerule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kinds__contained_by", ["modified", "deleted", "unmanaged"]),
                    models.Q(("kinds", []), _negated=True),
                ),
                name="drifts_ignore_rule_kinds",
            ),
        ),
        migrations.AddIndex(
            model_name="hiddenfinding",
            index=models.Index(fields=["scan", "-id"], name="drifts_hidden_by_scan"),
        ),
        migrations.AddIndex(
            model_name="hiddenfinding",
            index=models.Index(fields=["rule", "-id"], name="drifts_hidden_by_rule"),
        ),
        migrations.AddIndex(
            model_name="hiddenfinding",
            index=models.Index(condition=models.Q(("is_whole", True)), fields=["stack"], name="drifts_hidden_by_stack"),
        ),
        migrations.AddConstraint(
            model_name="hiddenfinding",
            constraint=models.UniqueConstraint(
                fields=("account", "rule", "stack", "fingerprint"), name="drifts_hidden_finding_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="noisechoice",
            constraint=models.UniqueConstraint(fields=("account", "rule"), name="drifts_noise_choice_rule"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ignorerule",
            trigger=pgtrigger.compiler.Trigger(
                name="ignore_rule_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="3ac936c83884fb21de6ee3b00334e9fc8ce8e9d3",
                    operation="UPDATE",
                    pgid="pgtrigger_ignore_rule_updated_at_5d1d7",
                    table="drifts_ignore_rule",
                    when="BEFORE",
                ),
            ),
        ),
        walls.wall("drifts_ignore_rule"),
        walls.wall("drifts_hidden_finding"),
        walls.wall("drifts_noise_choice"),
    ]
