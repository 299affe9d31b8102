"""The wall around alerts."""

from django.db import migrations

from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_for_one_user"), ("api", "0003_walls")]

    operations = [walls.wall("alerts_alert")]
