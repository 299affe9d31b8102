"""Prices from the AWS Price List."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("costs", "0002_walls")]

    operations: ClassVar = []
