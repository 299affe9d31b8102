"""Asking the AWS Price List Query API: paged, bounded in time, tries and pages, its errors in words.

The API itself answers for all regions from one of a few endpoints. Credentials come from boto3's own chain (the
environment, a shared file, an instance's role); nothing of them, and no text of AWS's, is ever in an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from costs.price_list import WANTED, ListPrices, Wanted, figures_in

HOME = "us-east-1"
"""Where the API is asked, whatever the region of the prices (AWS Price List, endpoints and quotas)."""
SOURCE = "AWS Price List Query API, GetProducts"
PAGE = 100
"""Products a page, the API's own limit."""
MAX_PAGES = 200
"""Pages of one query: some times what the longest has."""
CONNECT_SECONDS = 5
READ_SECONDS = 30
MAX_TRIES = 5

THROTTLED = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnrecognizedClientException"})


class PriceListError(Exception):
    """The list cannot be read, and why, in words for a person."""


def pricing_client(endpoint_url: str | None = None) -> Any:
    """Make a client of the API.

    Args:
        endpoint_url: Where it is, if not at AWS.

    Raises:
        PriceListError: The address is none, or the configuration of the environment cannot be read.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": MAX_TRIES, "mode": "standard"},
    )
    try:
        # A session of its own: boto3's default one keeps what credentials it has once found.
        return boto3.session.Session().client("pricing", region_name=HOME, endpoint_url=endpoint_url, config=config)
    except (BotoCoreError, ValueError) as error:
        raise PriceListError(f"The AWS client cannot be set up: {type(error).__name__}.") from error


def read_prices(client: Any, service: str, region: str) -> ListPrices:
    """Read all prices of a service in a region that are wanted.

    Args:
        client: Of the API.
        service: The code of the service.
        region: The provider's region code.

    Raises:
        PriceListError: The API refuses, does not answer, or answers without end.
    """
    prices = ListPrices()
    for wanted in WANTED:
        if wanted.service == service:
            for product in _products(client, wanted, region):
                prices.add(figures_in(product, wanted, region))
    return prices


def _products(client: Any, wanted: Wanted, region: str) -> Iterator[str]:
    asked = {**wanted.filters, "regionCode": region}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in asked.items()]
    token: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        page = _page(client, ServiceCode=wanted.service, Filters=filters, MaxResults=PAGE, **token)
        yield from page.get("PriceList", [])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
    raise PriceListError(f"The list of {wanted.service} in {region} has no end: {MAX_PAGES} pages were read.")


def _page(client: Any, **asked: Any) -> dict[str, Any]:
    try:
        page: dict[str, Any] = client.get_products(**asked)
    except ClientError as error:
        raise PriceListError(_words(str(error.response.get("Error", {}).get("Code", "")))) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise PriceListError(
            "There are no AWS credentials: set them in the environment, as for any AWS tool. "
            "They need the permission pricing:GetProducts and no other."
        ) from error
    except (BotoConnectionError, HTTPClientError) as error:
        raise PriceListError("The AWS Price List API cannot be reached, or does not answer in time.") from error
    except BotoCoreError as error:
        raise PriceListError(f"The AWS Price List API cannot be asked: {type(error).__name__}.") from error
    return page


def _words(code: str) -> str:
    if code in THROTTLED:
        return f"AWS has throttled the requests, {MAX_TRIES} times in a row. Try again later, or fewer at a time."
    if code in DENIED:
        return "AWS refuses these credentials the permission pricing:GetProducts, or does not know them."
    shown = code if code.isalnum() else "an unnamed one"
    return f"The AWS Price List API answers with an error: {shown[:80]}."
