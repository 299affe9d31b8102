"""Where an archived journal begins."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0003_walls")]

    operations: ClassVar = []
