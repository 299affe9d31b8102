"""What a scan assessed, and decisions that stick to what was seen."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls

# Drifts that were there before: the last scan that showed them looked at them, and what was to be told of them has
# been told.
KNOWN_BEFORE = """
UPDATE drifts_drift SET last_assessed_at = last_seen_at, alerted_at = detected_at WHERE status <> 'resolved'
"""


class Migration(migrations.Migration):
    dependencies = [("drifts", "0002_walls"), ("accounts", "0003_walls")]

    operations = [
        migrations.AddField(
            model_name="drift",
            name="alerted_at",
            field=models.DateTimeField(blank=True, help_text="When people were told of it.", null=True),
        ),
        migrations.AddField(
            model_name="drift",
            name="attribute_digests",
            field=models.JSONField(
                blank=True, default=dict, help_text="Changed path to digest of that change, secrets included."
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="decided_digests",
            field=models.JSONField(
                blank=True, default=dict, help_text="The digests of the changes as they were when somebody decided."
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="fidelity",
            field=models.CharField(
                choices=[("full", "How it differs is known"), ("low", "Known only that it differs")],
                default="full",
                help_text="Low: its sources say only that it differs.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="is_flapping",
            field=models.BooleanField(default=False, help_text="Whether it was gone and came back again and again."),
        ),
        migrations.AddField(
            model_name="drift",
            name="lapsed",
            field=models.JSONField(
                blank=True,
                help_text="Why the decision on the previous drift lapsed, and by which paths; empty: none did.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="last_assessed_at",
            field=models.DateTimeField(
                blank=True, help_text="When a scan last looked at its resource, whatever it found.", null=True
            ),
        ),
        migrations.AddField(
            model_name="drift",
            name="not_assessed_reason",
            field=models.CharField(blank=True, help_text="Why it was not looked at, in words.", max_length=500),
        ),
        migrations.AddField(
            model_name="drift",
            name="not_assessed_since",
            field=models.DateTimeField(
                blank=True,
                help_text="When a scan of the stack first did not look at it; empty: the last one did.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="scan",
            name="drifts_not_assessed",
            field=models.PositiveIntegerField(default=0, help_text="Open before and not looked at: they stay open."),
        ),
        migrations.AddField(
            model_name="scan",
            name="not_assessed",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Parts of the stack that it could not look at, each with the reason.",
            ),
        ),
        migrations.AddField(
            model_name="scan",
            name="not_assessed_count",
            field=models.PositiveIntegerField(default=0, help_text="How many such parts."),
        ),
        migrations.CreateModel(
            name="DetectionSettings",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "alert_after_scans",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="How many scans in a row must show a drift before it is alerted."
                    ),
                ),
                (
                    "flap_window_days",
                    models.PositiveSmallIntegerField(
                        default=7, help_text="Within how many days gone and back counts as flapping."
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
                "verbose_name_plural": "detection settings",
                "db_table": "drifts_detection_settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("alert_after_scans__gte", 1), ("alert_after_scans__lte", 10)),
                        name="drifts_detection_alert_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("flap_window_days__gte", 1), ("flap_window_days__lte", 90)),
                        name="drifts_detection_flap_window",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="detectionsettings",
            trigger=pgtrigger.compiler.Trigger(
                name="detection_settings_updated_at",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="3e3d20debf44d155068d8412bfbb10d13f77b697",
                    operation="UPDATE",
                    pgid="pgtrigger_detection_settings_updated_at_2ea42",
                    table="drifts_detection_settings",
                    when="BEFORE",
                ),
            ),
        ),
        walls.wall("drifts_detection_settings"),
        migrations.RunSQL(KNOWN_BEFORE, migrations.RunSQL.noop),
    ]
