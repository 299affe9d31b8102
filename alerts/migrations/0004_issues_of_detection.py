"""What detection tells."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("alerts", "0003_walls")]

    operations: ClassVar = []
