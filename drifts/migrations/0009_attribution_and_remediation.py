"""Who did it, and the hook that puts it back."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import driftsentry.api.encryption
import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("drifts", "0008_groups"), ("accounts", "0003_walls"), ("api", "0003_walls")]

    operations = [
        migrations.AddField(
            model_name="drift",
            name="attribution",
            field=models.JSONField(blank=True, help_text="Who did it, as the cloud's own trail tells.", null=True),
        ),
        migrations.CreateModel(
            name="RemediationRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("generic", "Any address: a signed request (Standard Webhooks)"),
                            ("github", "GitHub: repository_dispatch"),
                            ("gitlab", "GitLab: pipeline trigger"),
                        ],
                        help_text="The hook's.",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "To be asked"),
                            ("sent", "Asked"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "token_digest",
                    models.BinaryField(help_text="Of the token that its answer must show, once.", max_length=32),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "answer_status",
                    models.PositiveSmallIntegerField(blank=True, help_text="HTTP status of the last try.", null=True),
                ),
                (
                    "next_try_at",
                    models.DateTimeField(blank=True, help_text="When it is to be asked, or asked again.", null=True),
                ),
                (
                    "deadline",
                    models.DateTimeField(blank=True, help_text="By when the pipeline must have answered.", null=True),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("external_id", models.CharField(blank=True, help_text="What the pipeline calls it.", max_length=200)),
                ("url", models.CharField(blank=True, help_text="Where people can watch it.", max_length=2000)),
                ("message", models.CharField(blank=True, help_text="What was said at its end.", max_length=2000)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "drift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remediation_runs", to="drifts.drift"
                    ),
                ),
            ],
            options={
                "db_table": "drifts_remediation_run",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RemediationHook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("generic", "Any address: a signed request (Standard Webhooks)"),
                            ("github", "GitHub: repository_dispatch"),
                            ("gitlab", "GitLab: pipeline trigger"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        help_text="Where it is asked; of GitHub and GitLab the API's address.", max_length=2000
                    ),
                ),
                (
                    "project",
                    models.CharField(blank=True, help_text="owner/repository, or GitLab's project.", max_length=300),
                ),
                ("ref", models.CharField(blank=True, help_text="The branch or tag that GitLab runs.", max_length=200)),
                (
                    "secret",
                    driftsentry.api.encryption.EncryptedTextField(
                        help_text="The token, or the key that signs; encrypted."
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
                    "stack",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="remediation_hook", to="drifts.stack"
                    ),
                ),
            ],
            options={
                "db_table": "drifts_remediation_hook",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["github", "gitlab", "generic"])),
                        name="drifts_remediation_hook_kind",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="remediationhook",
            trigger=pgtrigger.compiler.Trigger(
                name="remediation_hook_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="037b1fe5d33bf7ea2e678abf236fcb0ca8492668",
                    operation="UPDATE",
                    pgid="pgtrigger_remediation_hook_updated_at_96186",
                    table="drifts_remediation_hook",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="remediationrun",
            index=models.Index(fields=["account", "-id"], name="drifts_remediation_run_newest"),
        ),
        migrations.AddIndex(
            model_name="remediationrun",
            index=models.Index(
                condition=models.Q(("status", "pending")), fields=["next_try_at"], name="drifts_remediation_run_due"
            ),
        ),
        migrations.AddIndex(
            model_name="remediationrun",
            index=models.Index(
                condition=models.Q(("status", "sent")), fields=["deadline"], name="drifts_remediation_run_late"
            ),
        ),
        migrations.AddConstraint(
            model_name="remediationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "sent", "succeeded", "failed"])),
                name="drifts_remediation_run_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="remediationrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending", "sent"])),
                fields=("account", "drift"),
                name="drifts_remediation_run_one_at_a_time",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="remediationrun",
            trigger=pgtrigger.compiler.Trigger(
                name="remediation_run_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="ae0641392d2c40613b99947d4ea3ab8963145f93",
                    operation="UPDATE",
                    pgid="pgtrigger_remediation_run_updated_at_50144",
                    table="drifts_remediation_run",
                    when="BEFORE",
                ),
            ),
        ),
        walls.wall("drifts_remediation_hook"),
        walls.wall("drifts_remediation_run"),
    ]
