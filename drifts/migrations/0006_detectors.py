"""Detectors and schedules of stacks."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0005_severity_rules")]

    operations: ClassVar = []
