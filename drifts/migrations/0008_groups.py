"""Drifts that share a cause."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0007_consequences")]

    operations: ClassVar = []
