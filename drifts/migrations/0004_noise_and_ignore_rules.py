"""Noise rules switched off, and ignore rules."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0003_recording")]

    operations: ClassVar = []
