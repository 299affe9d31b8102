"""`manage.py refresh_prices` against a server that speaks the Price List's protocol, over real HTTP."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from costs import current_prices as current
from costs import price_list_api
from costs.current_prices import current_prices
from costs.management.commands.refresh_prices import EVERY_REGION
from costs.models import PriceList
from driftsentry.api import tenancy
from tests.costs.conftest import KEY, SECRET
from tests.costs.price_list_stub import PriceListServer, price_list
from tests.costs.products import machine

D = Decimal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aws_credentials", "fresh_prices")]


def refresh(server: PriceListServer, *options: str) -> str:
    """Run the command against a server; what it says."""
    said = io.StringIO()
    call_command("refresh_prices", "--endpoint-url", server.url, *options, stdout=said)
    return said.getvalue()


@pytest.fixture
def now_and_then(django_capture_on_commit_callbacks: Any) -> Any:
    """Whatever waits for a commit happens, as it does outside of a test."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def hour(kind: str, region: str = "us-east-1", family: str = "ec2") -> Decimal | None:
    found = current_prices().find(family, region, "hour", kind)
    return None if found is None else found.amount


def test_prices_are_read_stored_and_used(now_and_then: Any) -> None:
    assert hour("t3.large") == D("0.0832")
    with price_list() as server, now_and_then():
        said = refresh(server, "--region", "us-east-1")
    assert said.splitlines() == [
        "AmazonEC2 in us-east-1: 9 prices.",
        "AmazonElastiCache in us-east-1: 2 prices.",
        "AWSELB in us-east-1: 4 prices.",
        "AmazonRDS in us-east-1: 6 prices.",
        "AmazonVPC in us-east-1: 2 prices.",
    ]
    row = PriceList.objects.get(service="AmazonEC2")
    assert (row.region, row.date, row.currency) == ("us-east-1", timezone.now().date(), "USD")
    assert row.figures["ec2"] == {"hour": {"m5.large": "0.097", "t3.large": "0.084"}}
    assert str(row) == f"AmazonEC2 in us-east-1, {row.date}"
    found = current_prices().find("ec2", "us-east-1", "hour", "t3.large")
    assert found is not None
    assert (found.amount, found.on, found.source) == (D("0.084"), row.date, "AWS Price List Query API, GetProducts")
    assert hour("gateway", family="load_balancer") == D("0.0125")
    assert hour("m5.4xlarge") == D("0.768")  # which the newer list does not have


def test_the_newest_list_is_the_one_that_stays(now_and_then: Any) -> None:
    for usd in ("0.0900000000", "0.0950000000"):
        with price_list(products=[machine("t3.large", usd)]) as server, now_and_then():
            refresh(server, "--region", "us-east-1", "--service", "ec2")
    assert PriceList.objects.get().figures == {"ec2": {"hour": {"t3.large": "0.095"}}}
    assert hour("t3.large") == D("0.095")


def test_an_estimate_gives_way_and_follows_the_newer_list_of_its_base(now_and_then: Any) -> None:
    assert hour("t3.large", "eu-west-1") == D("0.0832") * D("1.104")
    products = [
        machine("t3.large", "0.0900"),
        machine("m5.large", "0.1070", prefix="EU-", regionCode="eu-west-1"),
    ]
    with price_list(products=products) as server, now_and_then():
        refresh(server, "--region", "us-east-1", "--region", "eu-west-1", "--service", "ec2")
    assert hour("m5.large", "eu-west-1") == D("0.107")
    assert hour("t3.large", "eu-west-1") == D("0.0900") * D("1.104")


def test_a_long_list_is_read_page_by_page() -> None:
    products = [machine(f"m5.{number}xlarge", "0.1") for number in range(1, 24)]
    with price_list(products=products, page=5) as server:
        said = refresh(server, "--region", "us-east-1", "--service", "ec2", "--dry-run")
    assert said == "AmazonEC2 in us-east-1: 23 prices, not stored.\n"
    tokens = [asked["NextToken"] for asked in server.seen if "NextToken" in asked]
    assert tokens == ["5", "10", "15", "20"]
    assert all(asked["MaxResults"] == 100 for asked in server.seen)


def test_a_dry_run_stores_nothing() -> None:
    with price_list() as server:
        assert refresh(server, "--region", "us-east-1", "--dry-run").count("not stored") == 5
    assert not PriceList.objects.exists()


def test_a_service_alone_is_asked_for_alone() -> None:
    with price_list() as server:
        refresh(server, "--region", "us-east-1", "--service", "elb", "--service", "vpc")
    assert {asked["ServiceCode"] for asked in server.seen} == {"AWSELB", "AmazonVPC"}
    assert set(PriceList.objects.values_list("service", flat=True)) == {"AWSELB", "AmazonVPC"}


def test_without_a_region_all_are_asked_for_that_the_package_knows() -> None:
    with price_list(products=[]) as server:
        said = refresh(server, "--service", "vpc")
    regions = {rule["Value"] for asked in server.seen for rule in asked["Filters"] if rule["Field"] == "regionCode"}
    assert regions == set(EVERY_REGION)
    assert {"us-east-1", "eu-west-1", "ap-southeast-3"} <= regions
    assert said.count("0 prices; what was known before stays.") == len(EVERY_REGION)


def test_an_empty_list_leaves_what_was_known(now_and_then: Any) -> None:
    with price_list() as server:
        refresh(server, "--region", "us-east-1", "--service", "ec2")
    with price_list(products=[]) as server, now_and_then():
        refresh(server, "--region", "us-east-1", "--service", "ec2")
    assert hour("t3.large") == D("0.084")


def test_a_throttled_request_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list_api, "MAX_TRIES", 2)
    with price_list(errors=["ThrottlingException"]) as server:
        assert "2 prices" in refresh(server, "--region", "us-east-1", "--service", "vpc")
    assert len(server.seen) == 3  # two queries, and the first once more


def test_requests_throttled_for_ever_end_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list_api, "MAX_TRIES", 2)
    with price_list(always="ThrottlingException") as server, pytest.raises(CommandError, match="has throttled") as told:
        refresh(server, "--region", "us-east-1")
    assert "2 times" in str(told.value)
    assert len(server.seen) == 2
    assert not PriceList.objects.exists()


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_a_refusal_ends_in_words_without_anything_of_the_credentials(code: str) -> None:
    with price_list(always=code) as server, pytest.raises(CommandError) as told:
        refresh(server, "--region", "us-east-1")
    assert "pricing:GetProducts" in str(told.value)
    for private in (KEY, SECRET, "secret-name", "123456789012"):
        assert private not in str(told.value)
    assert len(server.seen) == 1
    assert server.authorised[0].startswith("AWS4-HMAC-SHA256")


@pytest.mark.parametrize("code", ["InvalidParameterException", "com.amazonaws#Odd\u001b[31m", ""])
def test_another_error_is_named_and_no_more(code: str) -> None:
    with price_list(always=code or " ") as server, pytest.raises(CommandError, match="answers with an error") as told:
        refresh(server, "--region", "us-east-1")
    assert "secret-name" not in str(told.value)
    assert "\u001b" not in str(told.value)


def test_a_list_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list_api, "MAX_PAGES", 7)
    with price_list(endless=True) as server, pytest.raises(CommandError, match="no end: 7 pages"):
        refresh(server, "--region", "us-east-1", "--service", "vpc")
    assert len(server.seen) == 7
    assert not PriceList.objects.exists()


def test_what_fails_half_way_stores_nothing_of_its_service_and_keeps_the_others() -> None:
    with price_list(good=8) as server, pytest.raises(CommandError):
        refresh(server, "--region", "us-east-1", "--service", "ec2", "--service", "rds")
    assert list(PriceList.objects.values_list("service", flat=True)) == ["AmazonEC2"]


def test_without_credentials_it_says_what_it_takes(no_credentials: None) -> None:
    with price_list() as server, pytest.raises(CommandError, match="no AWS credentials"):
        refresh(server, "--region", "us-east-1")
    assert server.seen == []


def test_a_server_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list_api, "MAX_TRIES", 1)
    with price_list() as server:
        pass
    with pytest.raises(CommandError, match="cannot be reached"):
        refresh(server, "--region", "us-east-1")


def test_a_server_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list_api, "MAX_TRIES", 1)
    monkeypatch.setattr(price_list_api, "READ_SECONDS", 0.2)
    with price_list(stalls=True) as server, pytest.raises(CommandError, match="does not answer in time"):
        refresh(server, "--region", "us-east-1", "--service", "vpc")


def test_an_address_that_is_none_is_said_so() -> None:
    with pytest.raises(CommandError, match="cannot be set up"):
        call_command("refresh_prices", "--endpoint-url", "no address", "--region", "us-east-1")


def test_a_service_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("refresh_prices", "--service", "lambda")


def store(figures: dict[str, Any]) -> None:
    PriceList.objects.update_or_create(
        service="AmazonEC2", region="us-east-1", defaults={"date": date(2026, 6, 1), "source": "x", "figures": figures}
    )


def test_a_process_looks_for_news_now_and_then_and_reads_only_news(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(current, "monotonic", lambda: moment[0])
    store({"ec2": {"hour": {"t3.large": "0.09"}}})
    with django_assert_num_queries(2):
        assert hour("t3.large") == D("0.09")
    store({"ec2": {"hour": {"t3.large": "0.1"}}})  # by another process
    with django_assert_num_queries(0):
        assert hour("t3.large") == D("0.09")
    moment[0] += current.KEPT_SECONDS
    with django_assert_num_queries(2):
        assert hour("t3.large") == D("0.1")
    moment[0] += current.KEPT_SECONDS
    with django_assert_num_queries(1):
        assert hour("t3.large") == D("0.1")


def test_prices_that_are_removed_give_way_to_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    store({"ec2": {"hour": {"t3.large": "0.09"}}})
    assert hour("t3.large") == D("0.09")
    PriceList.objects.all().delete()
    monkeypatch.setattr(current, "monotonic", lambda: 10**12)
    assert hour("t3.large") == D("0.0832")


def test_walled_work_reads_prices_and_writes_none(world: Any) -> None:
    store({"ec2": {"hour": {"t3.large": "0.09"}}})
    with tenancy.behind(), tenancy.within(world.account.pk):
        assert hour("t3.large") == D("0.09")
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(current_user, 'costs_price_list', 'INSERT, UPDATE, DELETE')")
            assert cursor.fetchone() == (False,)
