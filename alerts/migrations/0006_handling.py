"""Who handles an alert."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("alerts", "0005_channels")]

    operations: ClassVar = []
