"""An AWS account to scan: moto's server, boto3 to change it behind the code's back, states as Terraform writes them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore
import httpx
import pytest
from moto.server import ThreadedMotoServer

from drifts.detectors.aws.detector import detect_aws
from drifts.detectors.base import Detection, Trust
from drifts.findings import Assessment, Finding
from drifts.ingest.normalise import normalise

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
ALONE = Trust(own_credentials=True, external_id="driftsentry-0123", is_alone=True)
_LISTENERS: dict[str, list[str]] = {}
"""What is heard of the requests to each address."""


def _hear(session: Any) -> None:
    """Tell whoever listens of every request that any client sends."""

    def sent(request: Any, **_: Any) -> None:
        operation = request.headers.get("x-test-operation", b"")
        for address, heard in list(_LISTENERS.items()):
            if request.url.startswith(address):
                heard.append(operation.decode() if isinstance(operation, bytes) else operation)

    def called(model: Any, params: Any, **_: Any) -> None:
        if _LISTENERS:
            params["headers"]["x-test-operation"] = f"{model.service_model.service_name}:{model.name}"

    session.register("before-call", called)
    session.register("before-send", sent)


botocore.register_initializer(_hear)


@contextmanager
def running() -> Iterator[str]:
    """Run moto's server on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # thousands of images that no test looks at
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def resource(kind: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A resource of a state: instances are attributes, or whole instances where they have `attributes`."""
    held = [one if "attributes" in one else {"attributes": one} for one in instances]
    listed = [{"schema_version": 1, "private": "bnVsbA==", **one} for one in held]
    return {"mode": "managed", "type": kind, "name": name, "provider": PROVIDER, **more, "instances": listed}


def state(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A state of version 4."""
    return {
        "version": 4,
        "terraform_version": "1.9.5",
        "serial": 7,
        "lineage": "4783d864-6664-1fe1-4552-557c250a4702",
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
        **more,
    }


class Cloud:
    """One account behind one server."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.requests: list[str] = []
        self.said: list[str] = []

    def reset(self) -> None:
        httpx.post(f"{self.address}/moto-api/reset", timeout=10).raise_for_status()

    @contextmanager
    def watched(self, address: str = "") -> Iterator[None]:
        """Hear every request that a scan sends: to the account, or to another address."""
        _LISTENERS[address or self.address] = self.requests
        try:
            yield
        finally:
            del _LISTENERS[address or self.address]

    @contextmanager
    def enforcing(self) -> Iterator[None]:
        """Have moto look at every request's permissions."""
        self._look_after("0")
        try:
            yield
        finally:
            self._look_after("inf")

    def _look_after(self, requests: str) -> None:
        httpx.post(f"{self.address}/moto-api/reset-auth", content=requests, timeout=10).raise_for_status()

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(service, region_name=region, endpoint_url=self.address)

    def detection(self, *resources: dict[str, Any], **config: Any) -> Detection:
        (self.folder / "terraform.tfstate").write_text(json.dumps(state(*resources)))
        host = urlsplit(self.address).hostname or ""
        told = {"state": "file:terraform.tfstate", "endpointUrl": self.address, **config}
        return Detection(
            config=told,
            trust=ALONE,
            files_root=str(self.folder),
            private_hosts=(host,),
            seconds=60,
            say=self.said.append,
        )

    def scan(self, *resources: dict[str, Any], **config: Any) -> Assessment:
        """Scan a state; what the test itself has asked for before does not count."""
        self.requests.clear()
        return detect_aws(self.detection(*resources, **config))


def differences(finding: Finding) -> dict[str, tuple[Any, Any]]:
    """What is left of a finding when spelling and noise are gone: path → expected, actual."""
    found = normalise(finding, key=b"test").difference
    return {path: (change["expected"], change["actual"]) for path, change in found.items()}


def shown(assessment: Assessment) -> dict[str, Any]:
    """What a scan found: identity → its differences, or its kind where it is not there or not wanted."""
    return {one.identity: differences(one) if one.kind == "modified" else str(one.kind) for one in assessment.findings}


def gaps(assessment: Assessment) -> dict[str, str]:
    """What a scan did not look at: name → reason. Without types that were not asked for and that the state has not."""
    left_out = "Not among the types that this stack asks for (0 in the state)."
    return {one.name: one.reason for one in assessment.not_assessed if one.reason != left_out}


def clean(assessment: Assessment) -> set[str]:
    """What a scan has positively seen to be as the code wants it; it must have looked at everything."""
    assert gaps(assessment) == {}
    return set(assessment.assessed_clean)
