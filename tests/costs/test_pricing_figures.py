"""Prices checked by hand against the sources of the tables."""

from datetime import date
from decimal import Decimal

import pytest

from costs.parts import READERS
from costs.pricing import Priced, reported
from tests.costs.states import State, database, instance, price, volume

D = Decimal


def exactly(amount: str) -> tuple[Decimal, str, bool]:
    return D(amount), "priced", False


def at_least(amount: str) -> tuple[Decimal, str, bool]:
    return D(amount), "priced", True


def told(priced: Priced) -> tuple[Decimal | None, str, bool]:
    return priced.impact_monthly, priced.basis, priced.at_least


UNPRICED = (None, "unpriced", False)


def test_an_instance_grown_behind_the_codes_back_costs_more() -> None:
    # 730 x (0.768 - 0.0832)
    assert told(price(instance("t3.large"), instance("m5.4xlarge"))) == exactly("499.90")
    assert told(price(instance("m5.4xlarge"), instance("t3.large"))) == exactly("-499.90")


def test_a_deleted_instance_costs_less_and_an_unmanaged_one_more() -> None:
    # 730 x 0.0832 + 8 x 0.08
    assert told(price(instance(), None, kind="deleted")) == exactly("-61.38")
    assert told(price(None, instance(), kind="unmanaged")) == exactly("61.38")


def test_a_side_that_does_not_belong_to_the_kind_is_not_counted() -> None:
    assert told(price(instance(), instance("m5.4xlarge"), kind="deleted")) == exactly("-61.38")
    assert told(price(instance("m5.4xlarge"), instance(), kind="unmanaged")) == exactly("61.38")


def test_an_attribute_without_a_price_changes_nothing() -> None:
    changed = price(instance(tags={}), instance(tags={"team": "blue"}))
    assert told(changed) == exactly("0.00")
    assert str(changed.impact_monthly) == "0.00"


def test_a_type_without_a_price_that_did_not_change_changes_nothing() -> None:
    assert told(price(instance("z9.huge"), instance("z9.huge", tags={"a": "b"}))) == exactly("0.00")
    assert told(price(instance(), instance(tags={"a": "b"}), region="eu-west-1")) == exactly("0.00")


@pytest.mark.parametrize(
    ("volumes", "amount"),
    [
        ((volume("gp2", 10),), "1.00"),
        ((volume("standard", 20),), "1.00"),
        ((volume("st1", 40, iops=0, throughput=0),), "1.80"),
        ((volume("sc1", 50),), "0.75"),
        ((volume("gp2", 100, iops=300),), "10.00"),
        ((volume("gp3", 40, iops=3000, throughput=125),), "3.20"),
        ((volume("gp3", 40, iops=4000, throughput=130),), "8.40"),
        ((volume("io1", 30, iops=300),), "23.25"),
        ((volume("io2", 30, iops=300),), "23.25"),
        ((volume("gp2", 10), volume("sc1", 30), volume("io1", 40, iops=1000)), "71.45"),
    ],
)
def test_volumes_of_an_instance_are_priced(volumes: tuple[State, ...], amount: str) -> None:
    bare = instance(root_block_device=[])
    assert told(price(bare, instance("t3.large", *volumes))) == exactly(amount)


def test_an_instance_at_rest_is_paid_for_its_volumes_only() -> None:
    running, stopped = instance(instance_state="running"), instance(instance_state="stopped")
    assert told(price(running, stopped)) == exactly("-60.74")  # 730 x 0.0832
    assert told(price(stopped, None, kind="deleted")) == exactly("-0.64")  # 8 x 0.08
    assert told(price(stopped, instance("m5.4xlarge", instance_state="stopped"))) == exactly("0.00")


def test_a_volume_is_priced_alone() -> None:
    small, large = {"type": "gp3", "size": 100}, {"type": "gp3", "size": 500, "iops": 6000}
    # 400 x 0.08 + 3000 x 0.005
    assert told(price(small, large, provider_type="aws_ebs_volume")) == exactly("47.00")
    assert told(price(small, None, provider_type="aws_ebs_volume", kind="deleted")) == exactly("-8.00")


def test_io2_beyond_its_first_tier_has_no_price() -> None:
    side = {"type": "io2", "size": 100}
    fast = price({**side, "iops": 32_000}, {**side, "iops": 40_000}, provider_type="aws_ebs_volume")
    assert told(fast) == UNPRICED
    made = price(None, {**side, "iops": 40_000}, provider_type="aws_ebs_volume", kind="unmanaged")
    assert told(made) == at_least("2092.50")  # 100 x 0.125 + 32,000 x 0.065


def test_detailed_monitoring_is_priced() -> None:
    assert told(price(instance(monitoring=False), instance(monitoring=True))) == exactly("2.10")


@pytest.mark.parametrize(
    ("state", "amount"),
    [
        (database(), "101.58"),
        (database(engine="postgres"), "108.15"),
        (database(engine="mariadb"), "101.58"),
        (database(multi_az=True, allocated_storage=30), "205.46"),
        (database(storage_type="io1", allocated_storage=100, iops=1200), "231.78"),
        (database(storage_type="standard", allocated_storage=40), "103.28"),
        (database(storage_type="gp3", allocated_storage=400, iops=12_000, storage_throughput=500), "145.28"),
        (database(storage_type="gp3", allocated_storage=400, iops=14_000, storage_throughput=500), "185.28"),
        (database(storage_type="gp3", allocated_storage=100, iops=3000, storage_throughput=125), "110.78"),
    ],
)
def test_a_database_is_priced_with_its_storage(state: State, amount: str) -> None:
    assert told(price(None, state, provider_type="aws_db_instance", kind="unmanaged")) == exactly(amount)
    assert told(price(state, None, provider_type="aws_db_instance", kind="deleted")) == exactly(f"-{amount}")


def test_multi_az_doubles_the_instance_and_its_storage() -> None:
    single, multi = database(allocated_storage=30), database(allocated_storage=30, multi_az=True)
    assert told(price(single, multi, provider_type="aws_db_instance")) == exactly("102.73")  # 99.28 + 3.45


def test_a_database_in_another_region_has_its_own_price() -> None:
    small, large = database("db.r5.large", engine="postgres"), database("db.r5.xlarge", engine="postgres")
    grown = price(small, large, provider_type="aws_db_instance", region="eu-west-1")
    assert told(grown) == exactly("204.40")  # 730 x (0.56 - 0.28); the storage did not change
    gone = price(small, None, provider_type="aws_db_instance", region="eu-west-1", kind="deleted")
    # 730 x 0.28 + 20 x 0.115 x 1.104 (gp2 storage, estimated): 204.40 + 2.5392
    assert told(gone) == exactly("-206.94")
    nowhere = price(small, None, provider_type="aws_db_instance", region="sa-east-1", kind="deleted")
    # 730 x 0.524, and its storage, whose price there is neither known nor estimated
    assert told(nowhere) == at_least("-382.52")


def test_figures_of_the_source_that_do_not_fit_are_left_out() -> None:
    side = database("db.m5.8xlarge", engine="mariadb")
    gone = price(side, None, provider_type="aws_db_instance", region="ap-northeast-3", kind="deleted")
    assert told(gone) == UNPRICED


@pytest.mark.parametrize("engine", ["aurora-mysql", "oracle-se2", "sqlserver-se", None])
def test_other_engines_have_no_price(engine: str | None) -> None:
    small, large = database("db.r5.large", engine=engine), database("db.r5.xlarge", engine=engine)
    assert told(price(small, large, provider_type="aws_db_instance")) == UNPRICED
    assert told(price(small, None, provider_type="aws_db_instance", kind="deleted")) == UNPRICED


def test_cloudformation_spellings_are_read() -> None:
    web = {
        "InstanceType": "t3.large",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": "8"}}],
    }
    assert told(price(web, None, provider_type="AWS::EC2::Instance", kind="deleted")) == exactly("-61.38")
    assert told(price(web, {**web, "InstanceType": "m5.4xlarge"}, provider_type="AWS::EC2::Instance")) == exactly(
        "499.90"
    )
    disk = {"VolumeType": "gp2", "Size": "10"}
    assert told(price(disk, {**disk, "Size": "30"}, provider_type="AWS::EC2::Volume")) == exactly("2.00")
    sql = {"DBInstanceClass": "db.t3.large", "Engine": "mysql", "MultiAZ": "true"}
    sql |= {"AllocatedStorage": "30", "StorageType": "gp2"}
    assert told(price(sql, None, provider_type="AWS::RDS::DBInstance", kind="deleted")) == exactly("-205.46")


def test_a_pulumi_spelling_is_read() -> None:
    web = {"instanceType": "t3.large", "rootBlockDevice": {"volumeType": "gp3", "volumeSize": 8.0}}
    assert told(price(web, None, provider_type="aws:ec2/instance:Instance", kind="deleted")) == exactly("-61.38")


def test_a_family_is_read_by_what_its_state_says() -> None:
    assert told(price(instance(), None, provider_type="EC2", kind="deleted")) == exactly("-61.38")
    assert told(price({"type": "gp2", "size": 10}, None, provider_type="EBS", kind="deleted")) == exactly("-1.00")
    grown = price(
        {"instanceClass": "db.r5.large", "engine": "mysql"},
        {"instanceClass": "db.r5.xlarge", "engine": "mysql"},
        provider_type="RDS",
    )
    assert told(grown) == exactly("175.20")  # 730 x (0.48 - 0.24)
    assert told(price({"public_ip": "198.51.100.1"}, None, provider_type="EC2", kind="deleted")) == UNPRICED


@pytest.mark.parametrize(
    "bought",
    [
        {"tenancy": "dedicated"},
        {"instance_lifecycle": "spot"},
        {"spot_instance_request_id": "sir-1"},
        {"instance_market_options": [{"market_type": "spot"}]},
    ],
)
def test_an_instance_that_is_not_on_demand_and_shared_has_no_price(bought: State) -> None:
    assert told(price(instance(**bought), None, kind="deleted")) == UNPRICED
    assert told(price(instance("t3.large", **bought), instance("m5.4xlarge", **bought))) == UNPRICED
    assert told(price(instance(**bought), instance(tags={"a": "b"}, **bought))) == exactly("0.00")


@pytest.mark.parametrize("usual", [{"tenancy": "default"}, {"instance_lifecycle": ""}, {"tenancy": None}])
def test_an_instance_that_says_it_is_usual_is_priced(usual: State) -> None:
    assert told(price(instance(**usual), None, kind="deleted")) == exactly("-61.38")


def test_a_part_without_a_price_makes_the_figure_a_least() -> None:
    odd = volume("gp9", 100)
    assert told(price(instance("t3.large", volume(), odd), None, kind="deleted")) == at_least("-61.38")
    grown = price(instance("t3.large"), instance("m5.4xlarge", volume(), odd))
    assert told(grown) == at_least("499.90")


def test_a_part_without_a_price_that_pulls_the_other_way_leaves_no_figure() -> None:
    odd = volume("gp9", 100)
    assert told(price(instance("t3.large", volume(), odd), instance("m5.4xlarge"))) == UNPRICED
    assert told(price(instance(), instance("t3.large", volume(), odd))) == UNPRICED


def test_what_is_charged_and_not_in_the_tables_is_not_called_free() -> None:
    usual, unlimited = [{"cpu_credits": "standard"}], [{"cpu_credits": "unlimited"}]
    changed = price(instance(credit_specification=usual), instance(credit_specification=unlimited))
    assert told(changed) == UNPRICED
    assert told(price(instance("m3.large"), instance("m3.large", ebs_optimized=True))) == UNPRICED
    assert told(price(instance("m5.large"), instance("m5.large", ebs_optimized=True))) == exactly("0.00")
    logs = price(database(), database(dedicated_log_volume=True), provider_type="aws_db_instance")
    assert told(logs) == UNPRICED
    slow, fast = ({"type": "gp9", "size": 10, "iops": iops} for iops in (100, 200))
    assert told(price(slow, fast, provider_type="aws_ebs_volume")) == UNPRICED
    unstated = {"type": "io1", "size": 30}
    assert told(price(unstated, None, provider_type="aws_ebs_volume", kind="deleted")) == at_least("-3.75")


def test_an_instance_that_says_nothing_of_its_root_volume_costs_at_least_its_hours() -> None:
    bare = {"instance_type": "t3.large"}
    assert told(price(bare, None, kind="deleted")) == at_least("-60.74")
    assert told(price(bare, {"instance_type": "m5.4xlarge"})) == exactly("499.90")
    sized = {"instance_type": "t3.large", "root_block_device": [{"volume_size": 8}]}
    assert told(price(sized, None, kind="deleted")) == at_least("-60.74")


def test_a_volume_that_outlives_its_instance_is_still_paid_for() -> None:
    kept = volume("gp3", 100, delete_on_termination=False)
    assert told(price(instance("t3.large", volume(), kept), None, kind="deleted")) == exactly("-61.38")
    lost = volume("gp3", 100, delete_on_termination=True)
    assert told(price(instance("t3.large", volume(), lost), None, kind="deleted")) == exactly("-69.38")


@pytest.mark.parametrize(
    "value", ["(sensitive)", "", None, "two words", "x" * 500, True, 7, ["t3.large"], {"a": 1}, "t3.large\x00", "-1"]
)
def test_a_type_that_cannot_be_read_has_no_price(value: object) -> None:
    assert told(price(instance(), instance(value))) == UNPRICED
    assert told(price(instance(value), instance(value))) == UNPRICED


@pytest.mark.parametrize(
    "size",
    ["(sensitive)", "8 GB", "0x10", "-8", -8, 8.5, float("inf"), float("nan"), True, [8], 10**400, "9" * 5000, "1e3"],
)
def test_a_size_that_cannot_be_read_has_no_price(size: object) -> None:
    assert told(price(instance(), instance("t3.large", volume("gp3", size)))) == UNPRICED
    side = {"type": "gp3", "size": size}
    assert told(price(side, side, provider_type="aws_ebs_volume")) == UNPRICED


@pytest.mark.parametrize("flag", ["(sensitive)", "yes", 1, []])
def test_a_flag_that_cannot_be_read_has_no_price(flag: object) -> None:
    assert told(price(database(), database(multi_az=flag), provider_type="aws_db_instance")) == UNPRICED


@pytest.mark.parametrize("blocks", ["(sensitive)", 7, [volume(), "(sensitive)"], [[volume()]]])
def test_blocks_that_cannot_be_read_have_no_price(blocks: object) -> None:
    assert told(price(instance(), instance(root_block_device=blocks))) == UNPRICED


def test_absurd_amounts_have_no_price() -> None:
    many = [volume("gp3", 1_000_000)] * 20_000
    assert told(price(instance(), instance("t3.large", *many))) == UNPRICED


@pytest.mark.parametrize("provider_type", ["aws_security_group", "aws_lambda_function", "", "(sensitive)"])
def test_other_types_have_no_price(provider_type: str) -> None:
    found = price(instance(), instance("m5.4xlarge"), provider_type=provider_type)
    assert told(found) == UNPRICED
    assert "no prices" in found.reason


def test_an_unknown_kind_has_no_price() -> None:
    assert told(price(instance(), instance(), kind="renamed")) == UNPRICED


@pytest.mark.parametrize("provider_type", sorted(READERS))
@pytest.mark.parametrize("kind", ["modified", "deleted", "unmanaged"])
def test_a_side_without_values_has_no_price(kind: str, provider_type: str) -> None:
    nothings: list[State | None] = [{}, None]
    for nothing in nothings:
        found = price(nothing, nothing, kind=kind, provider_type=provider_type)
        assert told(found) == UNPRICED
        assert found.reason == "The source of the drift tells no values of the resource."


def test_the_breakdown_adds_up_and_names_its_parts() -> None:
    found = price(instance("t3.large"), instance("m5.4xlarge", volume("gp3", 108)))
    lines = {line.component: line for line in found.breakdown}
    assert set(lines) == {"EC2 t3.large", "EC2 m5.4xlarge", "EBS gp3 storage"}
    assert (lines["EC2 t3.large"].expected, lines["EC2 t3.large"].actual) == (D("60.74"), D("0.00"))
    assert lines["EC2 m5.4xlarge"].unit_price == D("0.768")
    storage = lines["EBS gp3 storage"]
    assert (storage.unit, storage.quantity, storage.unit_price) == ("GB-month", D(100), D("0.08"))
    assert (storage.expected, storage.actual) == (D("0.64"), D("8.64"))
    assert found.impact_monthly == D("507.90")
    assert found.currency == "USD"


def test_a_part_without_a_price_is_in_the_breakdown_without_amounts() -> None:
    disk = {"type": "gp2", "size": 10}
    found = price(None, disk, provider_type="aws_ebs_volume", region="sa-east-1", kind="unmanaged")
    (line,) = found.breakdown
    assert told(found) == UNPRICED
    assert found.reason == "No price is known for: EBS gp2 storage."
    assert (line.unit_price, line.expected, line.actual, line.actual_quantity) == (None, None, None, D(10))


def test_the_date_is_that_of_the_oldest_list_used() -> None:
    assert price(instance("t3.large"), instance("m5.4xlarge")).price_date == date(2026, 1, 19)
    assert price(instance("t3.large"), None, kind="deleted").price_date == date(2024, 1, 1)
    assert price(database(), None, provider_type="aws_db_instance", kind="deleted").price_date == date(2021, 8, 3)
    assert price({}, {}).price_date is None


def test_a_plain_figure_has_no_reason_and_any_other_says_why() -> None:
    assert price(instance("t3.large"), instance("m5.4xlarge")).reason == ""
    odd = price(instance("t3.large"), instance("m5.4xlarge", volume(), volume("gp9", 100)))
    assert odd.reason == "At least that: no price is known for EBS gp9 storage, EBS gp9 IOPS, not stated."
    several = [volume(f"gp{number}", 100, iops=0) for number in range(4, 9)]
    grown = price(instance(), instance("m5.large", volume(), *several))
    assert grown.reason.endswith("EBS gp4 storage, EBS gp5 storage, EBS gp6 storage and 2 more.")
    assert reported(D("5.00")).reason == "The sender of the drift states it."
