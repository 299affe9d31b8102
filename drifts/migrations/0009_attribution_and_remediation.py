"""Who did it, and the hook that puts it back."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0008_groups")]

    operations: ClassVar = []
