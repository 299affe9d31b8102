"""States of resources as tools describe them, for the tests of prices."""

from typing import Any

from costs.pricing import Priced, price_drift

State = dict[str, Any]


def volume(kind: str = "gp3", size: object = 8, **more: object) -> State:
    """A volume's values, as Terraform's provider spells them within an instance."""
    return {"volume_type": kind, "volume_size": size, **more}


def instance(kind: object = "t3.large", *volumes: State, **more: object) -> State:
    """An `aws_instance`; the first volume is its root, of 8 GB gp3 where none is given."""
    root, *others = volumes or (volume(),)
    return {"instance_type": kind, "root_block_device": [root], "ebs_block_device": list(others), **more}


def database(kind: object = "db.t3.large", **more: object) -> State:
    """An `aws_db_instance` of MySQL with 20 GB gp2."""
    return {"instance_class": kind, "engine": "mysql", "storage_type": "gp2", "allocated_storage": 20, **more}


def price(
    expected: State | None,
    actual: State | None,
    *,
    provider_type: str = "aws_instance",
    kind: str = "modified",
    region: str = "us-east-1",
) -> Priced:
    """Price a drift of an instance in us-east-1, where nothing else is said."""
    return price_drift(provider_type=provider_type, kind=kind, region=region, expected=expected, actual=actual)
