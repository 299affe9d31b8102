"""When people are reminded."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("alerts", "0006_handling")]

    operations: ClassVar = []
