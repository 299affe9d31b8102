"""The walls around stacks, scans and drifts."""

from django.db import migrations

from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("drifts", "0001_initial"), ("api", "0003_walls")]

    operations = [walls.wall("drifts_stack"), walls.wall("drifts_scan"), walls.wall("drifts_drift")]
