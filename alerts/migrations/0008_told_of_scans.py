"""Which channels were told of stacks that are not scanned, as of drifts; those that are not, when this comes, too."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

KNOWN = """
INSERT INTO alerts_told (id, account_id, channel_id, alert_id, severity_rank, told_at)
SELECT gen_random_uuid(), began.account_id, began.channel_id, began.alert_id, 1, min(began.created_at)
FROM alerts_delivery began
WHERE began.type = 'scan_failed' AND began.status <> 'cancelled'
    AND began.channel_id IS NOT NULL AND began.alert_id IS NOT NULL AND began.drift_id IS NULL
    AND NOT EXISTS (
        SELECT FROM alerts_delivery ended
        WHERE ended.alert_id = began.alert_id AND ended.channel_id = began.channel_id AND ended.type = 'scan_recovered'
    )
GROUP BY began.account_id, began.channel_id, began.alert_id
"""
"""1 is high, as all alerts of scans are."""
FORGET = "DELETE FROM alerts_told WHERE alert_id IS NOT NULL"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("alerts", "0007_notification_settings")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="told",
            name="drift",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="drifts.drift",
            ),
        ),
        migrations.AddField(
            model_name="told",
            name="alert",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Instead of a drift: the alert that told of scans that fail or are missing.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="alerts.alert",
            ),
        ),
        migrations.AddConstraint(
            model_name="told",
            constraint=models.UniqueConstraint(
                condition=Q(("alert__isnull", False)),
                fields=("alert", "channel", "account"),
                name="alerts_told_of_alert_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="told",
            constraint=models.CheckConstraint(
                condition=Q(drift__isnull=False, alert__isnull=True) | Q(drift__isnull=True, alert__isnull=False),
                name="alerts_told_of_one",
            ),
        ),
        migrations.RunSQL(KNOWN, FORGET),
    ]
