"""Products as the AWS Price List answers them."""

import json
from typing import Any

Product = dict[str, Any]


def product(
    service: str, family: str, usage: str, unit: str, usd: str, *, region: str = "us-east-1", **attributes: str
) -> Product:
    """One product with one price on demand."""
    return {
        "serviceCode": service,
        "product": {
            **({"productFamily": family} if family else {}),
            "sku": "ABCDEFGHIJKLMNOP",
            "attributes": {
                "regionCode": region,
                "locationType": "AWS Region",
                "servicecode": service,
                "usagetype": usage,
                **attributes,
            },
        },
        "terms": {
            "OnDemand": {
                "ABC.JRTCKXETXF": {
                    "offerTermCode": "JRTCKXETXF",
                    "effectiveDate": "2026-06-01T00:00:00Z",
                    "priceDimensions": {
                        "ABC.JRTCKXETXF.6YS6EN2CT7": {
                            "unit": unit,
                            "beginRange": "0",
                            "endRange": "Inf",
                            "description": f"${usd} per {unit}",
                            "pricePerUnit": {"USD": usd},
                        }
                    },
                    "termAttributes": {},
                }
            }
        },
        "version": "20260601000000",
        "publicationDate": "2026-06-01T00:00:00Z",
    }


def machine(kind: str, usd: str, *, tenancy: str = "Shared", prefix: str = "", **more: str) -> Product:
    """An EC2 instance type that runs Linux."""
    usage = "BoxUsage" if tenancy == "Shared" else "DedicatedUsage"
    attributes = {
        "instanceType": kind,
        "operatingSystem": "Linux",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "tenancy": tenancy,
    }
    return product("AmazonEC2", "Compute Instance", f"{prefix}{usage}:{kind}", "Hrs", usd, **{**attributes, **more})


def database(kind: str, engine: str, usd: str, *, option: str = "Single-AZ", usage: str = "InstanceUsage") -> Product:
    """An RDS instance class."""
    attributes = {"instanceType": kind, "databaseEngine": engine, "deploymentOption": option}
    return product("AmazonRDS", "Database Instance", f"{usage}:{kind}", "Hrs", usd, **attributes)


def db_storage(family: str, usage: str, unit: str, usd: str, engine: str = "Any") -> Product:
    """Something of an RDS instance's storage."""
    single = {"databaseEngine": engine, "deploymentOption": "Single-AZ"}
    return product("AmazonRDS", family, usage, unit, usd, **single)


def node(kind: str, engine: str, usd: str) -> Product:
    """An ElastiCache node type."""
    return product("AmazonElastiCache", "Cache Instance", f"NodeUsage:{kind}", "Hrs", usd, cacheEngine=engine)


def text(one: Product) -> str:
    """A product as the API puts it into its answer: JSON within JSON."""
    return json.dumps(one)


LIST: tuple[Product, ...] = (
    machine("t3.large", "0.0840000000"),
    machine("m5.large", "0.0970000000"),
    machine("t3.large", "0.0924000000", tenancy="Dedicated"),
    machine("t3.large", "0.1116000000", operatingSystem="Windows"),
    machine("t3.large", "0.0840000000", capacitystatus="UnusedCapacityReservation"),
    product("AmazonEC2", "Storage", "EBS:VolumeUsage.gp3", "GB-Mo", "0.0810000000", volumeApiName="gp3"),
    product("AmazonEC2", "Storage", "EBS:VolumeUsage", "GB-Mo", "0.0500000000", volumeApiName="standard"),
    product("AmazonEC2", "System Operation", "EBS:VolumeP-IOPS.piops", "IOPS-Mo", "0.0660000000", volumeApiName="io1"),
    product("AmazonEC2", "System Operation", "EBS:VolumeP-IOPS.io2.tier2", "IOPS-Mo", "0.0455", volumeApiName="io2"),
    product("AmazonEC2", "Provisioned Throughput", "EBS:VolumeP-Throughput.gp3", "GiBps-mo", "40.96"),
    product("AmazonEC2", "NAT Gateway", "NatGateway-Hours", "Hrs", "0.0460000000", group="NGW:NatGateway"),
    product("AmazonEC2", "NAT Gateway", "RegionalNatGateway-Hours", "Hrs", "0.0700000000", group="NGW:NatGateway"),
    product("AmazonEC2", "NAT Gateway", "NatGateway-Bytes", "GB", "0.0450000000", group="NGW:NatGateway"),
    product("AmazonVPC", "", "PublicIPv4:IdleAddress", "Hrs", "0.0050000000", group="VPCPublicIPv4Address"),
    product("AmazonVPC", "", "PublicIPv4:InUseAddress", "Hrs", "0.0050000000", group="VPCPublicIPv4Address"),
    product("AWSELB", "Load Balancer-Application", "LoadBalancerUsage", "Hrs", "0.0225000000"),
    product("AWSELB", "Load Balancer-Application", "TS-LoadBalancerUsage", "Hrs", "0.0056000000"),
    product("AWSELB", "Load Balancer-Application", "LCUUsage", "LCU-Hrs", "0.0080000000"),
    product("AWSELB", "Load Balancer-Network", "LoadBalancerUsage", "Hrs", "0.0225000000"),
    product("AWSELB", "Load Balancer-Gateway", "LoadBalancerUsage", "Hrs", "0.0125000000"),
    product("AWSELB", "Load Balancer", "LoadBalancerUsage", "Hrs", "0.0250000000"),
    database("db.t3.large", "MySQL", "0.1370000000"),
    database("db.t3.large", "PostgreSQL", "0.1460000000"),
    database("db.t3.large", "MySQL", "0.2740000000", option="Multi-AZ"),
    database("db.r6g.large", "Aurora MySQL", "0.2600000000"),
    database("db.r6g.large", "Aurora MySQL", "0.3380000000", usage="InstanceUsageIOOptimized"),
    db_storage("Database Storage", "RDS:GP3-Storage", "GB-Mo", "0.1150000000"),
    db_storage("Database Storage", "RDS:PIOPS-Storage", "GB-Mo", "0.1250000000", "MySQL"),
    db_storage("Provisioned IOPS", "RDS:GP3-PIOPS", "IOPS-Mo", "0.0200000000"),
    node("cache.t3.micro", "Redis", "0.0170000000"),
    node("cache.t3.micro", "Memcached", "0.0170000000"),
    node("cache.t3.micro", "Valkey", "0.0136000000"),
)
"""Products of us-east-1: some that are wanted, beside each some that are not."""
