"""Detectors and schedules of stacks."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import driftsentry.api.encryption
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("drifts", "0005_severity_rules"), ("accounts", "0003_walls"), ("api", "0003_walls")]

    operations = [
        migrations.CreateModel(
            name="ScanOutput",
            fields=[
                (
                    "scan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="drifts.scan",
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("is_cut", models.BooleanField(default=False, help_text="Whether its beginning was dropped.")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "drifts_scan_output",
            },
        ),
        migrations.CreateModel(
            name="StackSecrets",
            fields=[
                (
                    "stack",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="drifts.stack",
                    ),
                ),
                (
                    "secrets",
                    driftsentry.api.encryption.EncryptedTextField(help_text="JSON of names and texts, encrypted."),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stack secrets",
                "db_table": "drifts_stack_secrets",
            },
        ),
        migrations.AddField(
            model_name="scan",
            name="deadline",
            field=models.DateTimeField(
                blank=True, help_text="When a detector's scan that still runs is given up.", null=True
            ),
        ),
        migrations.AddField(
            model_name="scan",
            name="detector",
            field=models.CharField(
                blank=True, help_text="The detector that read it; empty: it was sent.", max_length=20
            ),
        ),
        migrations.AddField(
            model_name="stack",
            name="detector",
            field=models.CharField(
                blank=True,
                choices=[("aws", "AWS"), ("cloudformation", "CloudFormation"), ("terraform", "Terraform or OpenTofu")],
                help_text="What scans it; empty: its pipelines send scans.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="stack",
            name="detector_config",
            field=models.JSONField(blank=True, default=dict, help_text="What its detector reads, and how; no secrets."),
        ),
        migrations.AddField(
            model_name="stack",
            name="detector_secret_names",
            field=models.JSONField(blank=True, default=list, help_text="Of its secrets; their texts stand apart."),
        ),
        migrations.AddField(
            model_name="stack",
            name="is_stale",
            field=models.BooleanField(
                default=False, help_text="Whether its schedule says that it should have been scanned."
            ),
        ),
        migrations.AddField(
            model_name="stack",
            name="last_scan_at",
            field=models.DateTimeField(blank=True, help_text="When a scan of it last succeeded.", null=True),
        ),
        migrations.AddField(
            model_name="stack",
            name="next_scan_at",
            field=models.DateTimeField(blank=True, help_text="When the schedule starts its detector next.", null=True),
        ),
        migrations.AddField(
            model_name="stack",
            name="scan_time_limit_seconds",
            field=models.PositiveIntegerField(default=900, help_text="Most seconds its detector may take."),
        ),
        migrations.AddField(
            model_name="stack",
            name="schedule",
            field=models.CharField(
                blank=True,
                help_text="When it is to be scanned: five cron fields, in UTC; empty: never by itself.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="stack",
            name="stale_at",
            field=models.DateTimeField(
                blank=True, help_text="When it counts as stale unless a scan succeeds.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(
                condition=models.Q(("status", "pending")), fields=["created_at"], name="drifts_scan_pending"
            ),
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(fields=["stack", "-id"], name="drifts_scan_of_stack"),
        ),
        migrations.AddIndex(
            model_name="stack",
            index=models.Index(
                condition=models.Q(("next_scan_at__isnull", False)), fields=["next_scan_at"], name="drifts_stack_due"
            ),
        ),
        migrations.AddIndex(
            model_name="stack",
            index=models.Index(
                condition=models.Q(("stale_at__isnull", False)), fields=["stale_at"], name="drifts_stack_stale_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending", "running"]), models.Q(("detector", ""), _negated=True)),
                fields=("stack",),
                name="drifts_scan_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="stack",
            constraint=models.CheckConstraint(
                condition=models.Q(("scan_time_limit_seconds__gte", 30), ("scan_time_limit_seconds__lte", 7200)),
                name="drifts_stack_time_limit",
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(model_name="stack", name="stack_updated_at"),
        pgtrigger.migrations.AddTrigger(
            model_name="stack",
            trigger=pgtrigger.compiler.Trigger(
                name="stack_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NOT (to_jsonb(NEW) - ARRAY['next_scan_at', 'last_scan_at', 'stale_at', 'is_stale'] = to_jsonb(OLD) - ARRAY['next_scan_at', 'last_scan_at', 'stale_at', 'is_stale'] AND to_jsonb(NEW) <> to_jsonb(OLD)) THEN NEW.updated_at = statement_timestamp(); END IF; RETURN NEW;",
                    hash="3a2d526174411d5798ab96666565cbf317959f78",
                    operation="UPDATE",
                    pgid="pgtrigger_stack_updated_at_64ea7",
                    table="drifts_stack",
                    when="BEFORE",
                ),
            ),
        ),
        walls.wall("drifts_scan_output"),
        walls.wall("drifts_stack_secrets"),
    ]
