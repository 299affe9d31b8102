"""Several approvers."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0012_assignment")]

    operations: ClassVar = []
