"""Who handles a drift."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0011_provider_versions")]

    operations: ClassVar = []
