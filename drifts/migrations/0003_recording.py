"""What a scan assessed, and decisions that stick to what was seen."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0002_walls")]

    operations: ClassVar = []
