"""The wall around what drifts cost."""

from django.db import migrations

from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("costs", "0001_initial"), ("api", "0003_walls")]

    operations = [walls.wall("costs_cost_metric")]
