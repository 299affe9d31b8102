"""Prices from the AWS Price List."""

from django.db import migrations, models

import driftsentry.api.ids
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("costs", "0002_walls")]

    operations = [
        migrations.CreateModel(
            name="PriceList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=driftsentry.api.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "service",
                    models.CharField(
                        help_text="The provider's code of the service: AmazonEC2, AmazonRDS, …", max_length=40
                    ),
                ),
                ("region", models.CharField(max_length=64)),
                ("date", models.DateField(help_text="The day they were read from the provider's list.")),
                ("source", models.CharField(help_text="Which list they were read from.", max_length=200)),
                ("currency", models.CharField(default="USD", max_length=3)),
                (
                    "figures",
                    models.JSONField(
                        help_text="Family, unit and item of each price, as the package's tables have them."
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "costs_price_list",
                "ordering": ["service", "region"],
                "constraints": [
                    models.UniqueConstraint(fields=("service", "region"), name="costs_price_list_newest"),
                ],
            },
        ),
        walls.beside("costs_price_list", "SELECT"),
    ]
