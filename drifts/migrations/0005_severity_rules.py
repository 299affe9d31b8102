"""Accounts' own severity rules."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0004_noise_and_ignore_rules")]

    operations: ClassVar = []
