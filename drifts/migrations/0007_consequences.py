"""What putting a resource back would do."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("drifts", "0006_detectors")]

    operations: ClassVar = []
