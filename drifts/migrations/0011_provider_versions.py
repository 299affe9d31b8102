"""Which version of each provider a scan was made by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("drifts", "0010_snooze")]

    operations = [
        migrations.AddField(
            model_name="scan",
            name="provider_versions",
            field=models.JSONField(
                blank=True, default=dict, help_text="Each provider's version, where what was read tells one."
            ),
        ),
    ]
