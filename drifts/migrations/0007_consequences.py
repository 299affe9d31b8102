"""What putting a resource back would do."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0006_detectors")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="drift",
            name="consequence",
            field=models.JSONField(
                blank=True, help_text="What putting it back would do, as a scan told it.", null=True
            ),
        ),
    ]
