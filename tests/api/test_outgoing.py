"""Requests to addresses that tenants name: what is refused, what is taken, and when a host is looked at."""

import gzip
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import pytest

from driftsentry.api.outgoing import Answer, Refused, Unanswered, Unresolved, is_host, is_listed, post
from tests.alerts.receiver import LOCAL, Reply, receiving
from tests.api.answering import Server, answering, pouring, saying, silent, trickling
from tests.certificates import certificate

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
PUBLIC = "93.184.215.14"


def send(url: str, content: bytes = b"{}", **more: Any) -> Answer:
    return post(url, content, **{"headers": {}, "private_hosts": LOCAL, **more})


@pytest.fixture
def leads(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Names lead to the addresses that a test says: one list for each look-up, and the last one stays."""

    def lead(*answers: tuple[str, ...]) -> list[str]:
        asked: list[str] = []
        real = socket.getaddrinfo

        def resolve(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
            if host in sum(answers, ()):
                return real(host, port, *more, **named)  # an address leads to itself
            asked.append(host)
            found = answers[min(len(asked), len(answers)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return lead


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses to which a connection was tried; none is made."""
    tried: list[str] = []

    def connect(_: Any, host: str, *__: Any) -> Any:
        tried.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return tried


class TestAnswers:
    def test_an_answer_is_taken_whatever_its_status_and_no_redirect_is_followed(self) -> None:
        with receiving(Reply(302, b"over there", {"location": "/elsewhere"})) as receiver:
            answer = send(receiver.url, headers={"x-a": "b"})
        assert (answer.status, answer.body) == (302, b"over there")
        assert [(one.path, one.headers["x-a"]) for one in receiver.asked] == [("/hook", "b")]

    def test_a_redirect_into_a_private_network_is_an_answer_too(self) -> None:
        with receiving(Reply(307, b"", {"location": "http://169.254.169.254/latest/meta-data/"})) as receiver:
            assert send(receiver.url).status == 307

    def test_a_long_answer_is_taken_in_part(self) -> None:
        with receiving(Reply(200, b"x" * 100_000)) as receiver:
            assert len(send(receiver.url, largest=1000).body) == 1000

    def test_of_its_headers_those_are_kept_that_say_when_to_come_again(self) -> None:
        with receiving(Reply(429, b"", {"Retry-After": "120", "X-Other": "1", "Content-Type": "x" * 1000})) as receiver:
            headers = send(receiver.url).headers
        assert headers["retry-after"] == "120"
        assert len(headers["content-type"]) == 200
        assert set(headers) == {"retry-after", "date", "content-type"}

    def test_nothing_is_decompressed(self) -> None:
        bomb = gzip.compress(b"\0" * 1_000_000)
        with receiving(Reply(200, bomb, {"content-encoding": "gzip"})) as receiver:
            assert send(receiver.url).body == bomb
        assert receiver.asked[0].headers["accept-encoding"] == "identity"

    def test_proxies_of_the_environment_are_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with answering(saying(OK)) as proxy, answering(saying(OK)) as server:
            for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url())
            assert send(server.url()).body == b"ok"
        assert (proxy.connections, server.connections) == (0, 1)


class TestTrouble:
    def test_a_server_that_is_not_there_has_not_answered_and_no_header_is_told(self) -> None:
        with receiving() as receiver:
            gone = receiver.url
        with pytest.raises(Unanswered) as error:
            send(gone, headers={"authorization": "Bearer hunter2-hunter2"})
        assert "hunter2" not in str(error.value)

    @pytest.mark.parametrize(
        "url",
        ["https://[::1/", "https:///nowhere", "https://exa\u200bmple.com/", "https://0177.0.0.1/", "nonsense", ""],
    )
    def test_an_address_that_is_none_has_not_answered(self, url: str) -> None:
        with pytest.raises((Refused, Unanswered)):
            send(url)

    @pytest.mark.parametrize("host", ["xn--a", "XN--A", "xn--", "xn--ls8h.la"])
    def test_a_name_that_cannot_be_one_is_refused(self, host: str) -> None:
        assert not is_host(f"https://{host}/hook")
        with pytest.raises(Refused, match="This is no address"):
            send(f"https://{host}/hook")

    def test_a_head_that_trickles_in_gains_no_time(self) -> None:
        with (
            answering(trickling(b"HTTP/1.1 200 OK\r\n", b"x")) as server,
            pytest.raises(Unanswered, match="Timeout"),
        ):
            send(server.url(), seconds=0.4)

    def test_a_body_that_trickles_in_is_taken_as_far_as_it_came_in_time(self) -> None:
        start = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome"
        with answering(trickling(start, b".")) as server:
            answer = send(server.url(), seconds=1.5)
        assert answer.status == 200
        assert answer.body.strip(b".") == b"some"

    @pytest.mark.parametrize(
        "length", [b"content-length: 100", b"transfer-encoding: chunked"], ids=["by its length", "in chunks"]
    )
    def test_a_body_that_breaks_off_is_taken_as_far_as_it_came(self, length: bytes) -> None:
        def leaving(server: Server, connection: socket.socket) -> None:
            server.read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n4\r\nsome\r\n")

        with answering(leaving) as server:
            answer = send(server.url())
        assert (answer.status, b"some" in answer.body) == (200, True)

    def test_a_head_without_end_is_given_up(self) -> None:
        start = b"HTTP/1.1 200 OK\r\n"
        with (
            answering(pouring(start, b"x-more: 1\r\n")) as server,
            pytest.raises(Unanswered, match="RemoteProtocolError"),
        ):
            send(server.url())

    def test_announcements_without_an_answer_are_given_up(self) -> None:
        with (
            answering(pouring(b"", b"HTTP/1.1 103 Early\r\n\r\n")) as server,
            pytest.raises(Unanswered, match="ReadError"),
        ):
            send(server.url())

    def test_a_server_that_says_nothing_is_not_waited_for(self) -> None:
        with answering(silent) as server, pytest.raises(Unanswered, match="Timeout"):
            send(server.url(), seconds=0.3)

    def test_a_server_that_reads_nothing_is_not_waited_for(self) -> None:
        with answering(silent) as server, pytest.raises(Unanswered, match="Timeout"):
            send(server.url(), b"x" * 20_000_000, seconds=0.5)

    def test_a_server_that_does_not_finish_the_handshake_is_not_waited_for(self) -> None:
        with answering(silent) as server, pytest.raises(Unanswered, match="Timeout"):
            send(server.url("https"), seconds=0.3)

    def test_a_name_that_is_not_resolved_in_time_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
        with pytest.raises(Unanswered, match="Timeout"):
            send("https://slow.example/", seconds=0.2)
        over.set()


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104 - an address to refuse
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::a00:1]",
            "[2002:a00:1::]",
            "[2001:0:a00:1::]",
            "[2001:db8::1]",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.1",
            "127.1",
            "0",
            "127\u30020\u30020\u30021",
        ],
    )
    def test_addresses_that_are_not_public_are_not_spoken_to_however_they_are_spelled(
        self, host: str, connected: list[str]
    ) -> None:
        with pytest.raises(Refused, match="not on the public internet"):
            send(f"https://{host}/", private_hosts=())
        assert connected == []

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "①②⑦.⓪.⓪.①", "127.0.0.1."])
    def test_names_of_this_machine_are_not_spoken_to(self, host: str, connected: list[str]) -> None:
        with pytest.raises((Refused, Unanswered)):
            send(f"https://{host}/", private_hosts=())
        assert connected == []

    @pytest.mark.parametrize(
        ("host", "address"),
        [
            ("metadata.google.internal", "169.254.169.254"),
            ("instance-data.ec2.internal", "169.254.169.254"),
            ("localtest.example", "127.0.0.1"),
            ("six.example", "fd00:ec2::254"),
            ("zone.example", "fe80::1%eth0"),
        ],
    )
    def test_a_name_that_leads_to_a_private_address_is_refused(
        self, host: str, address: str, leads: Callable[..., list[str]], connected: list[str]
    ) -> None:
        leads((address,))
        with pytest.raises(Refused, match="not on the public internet"):
            send(f"https://{host}/")
        assert connected == []

    @pytest.mark.parametrize("found", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), (PUBLIC,) * 9 + ("127.0.0.1",)])
    def test_one_private_address_among_public_ones_is_one_too_many(
        self, found: tuple[str, ...], leads: Callable[..., list[str]], connected: list[str]
    ) -> None:
        leads(found)
        with pytest.raises(Refused, match="not on the public internet"):
            send("https://ci.example/")
        assert connected == []

    def test_a_name_that_changes_its_address_after_the_look_is_connected_where_it_led_then(
        self, leads: Callable[..., list[str]], connected: list[str]
    ) -> None:
        asked = leads((PUBLIC,), ("127.0.0.1",))
        with pytest.raises(Unanswered):
            send("https://rebinding.example/")
        assert (asked, connected) == (["rebinding.example"], [PUBLIC])

    def test_at_most_four_addresses_are_tried(self, leads: Callable[..., list[str]], connected: list[str]) -> None:
        many = tuple(f"93.184.215.{one}" for one in range(1, 9))
        leads(many)
        with pytest.raises(Unanswered):
            send("https://many.example/")
        assert connected == list(many[:4])

    def test_a_name_that_leads_nowhere_is_refused(self, leads: Callable[..., list[str]]) -> None:
        leads(())
        with pytest.raises(Refused):
            send("https://nowhere.example/")

    @pytest.mark.parametrize("error", [socket.gaierror(-3, "Try again"), UnicodeError("label too long")])
    def test_a_name_that_is_not_known_may_be_so_later(self, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(Unresolved, match="cannot be resolved"):
            send("https://nowhere.example/")

    @pytest.mark.parametrize("url", ["https://me:secret@{}/", "https://me@{}/", "https://ci.example\\@{}/"])
    def test_an_address_with_a_user_name_is_refused(self, url: str) -> None:
        with pytest.raises(Refused, match="user name") as error:
            send(url.format(PUBLIC))
        assert "secret" not in str(error.value)

    def test_a_scheme_may_be_written_in_capitals(self, connected: list[str]) -> None:
        with pytest.raises(Unanswered):
            send(f"HTTPS://{PUBLIC}/")
        assert connected == [PUBLIC]

    def test_without_tls_only_listed_hosts_are_asked(self) -> None:
        with pytest.raises(Refused, match="https"):
            send("http://example.com/")


class TestListedHosts:
    def test_a_listed_name_may_be_private(self, leads: Callable[..., list[str]]) -> None:
        leads(("127.0.0.1",))
        with receiving() as receiver:
            answer = send(receiver.url.replace("127.0.0.1", "ci.internal"), private_hosts=("ci.internal",))
        assert answer.status == 200
        assert receiver.asked[0].headers["host"].startswith("ci.internal:")

    @pytest.mark.parametrize(
        "address",
        ["169.254.169.254", "0.0.0.0", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254", "100.100.100.200"],  # noqa: S104 - to refuse
    )
    def test_not_even_a_listed_name_may_lead_to_metadata(
        self, address: str, leads: Callable[..., list[str]], connected: list[str]
    ) -> None:
        leads((address,))
        with pytest.raises(Refused):
            send("https://ci.internal/", private_hosts=("ci.internal",))
        assert connected == []

    @pytest.mark.parametrize(
        ("host", "port", "listed"),
        [
            ("ci.internal", 443, True),
            ("CI.internal", 8443, True),
            ("git.internal", 8443, True),
            ("git.internal", 443, False),
            ("ci.internal.", 443, False),
            ("evil-ci.internal", 443, False),
            ("ci.internal.evil.example", 443, False),
            ("internal", 443, False),
        ],
    )
    def test_a_host_is_listed_by_its_whole_name_with_any_port_or_one(self, host: str, port: int, listed: bool) -> None:
        assert is_listed(host, port, ("ci.internal", "git.internal:8443")) is listed

    def test_a_listed_port_lists_no_other(self) -> None:
        with receiving() as receiver:
            port = int(receiver.url.split(":")[2].split("/")[0])
            assert send(receiver.url, private_hosts=(f"127.0.0.1:{port}",)).status == 200
            with pytest.raises(Refused):
                send(receiver.url, private_hosts=(f"127.0.0.1:{port + 1}",))
        assert len(receiver.asked) == 1


class TestTls:
    NAME = "hooks.example"

    @pytest.fixture
    def pem(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A certificate that the operator trusts."""
        path = certificate(tmp_path, self.NAME)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        return path

    def test_a_host_is_asked_for_and_checked_by_its_name_although_connected_by_address(
        self, pem: Path, leads: Callable[..., list[str]]
    ) -> None:
        leads(("127.0.0.1",))
        with answering(saying(OK), pem=pem) as server:
            assert send(server.url("https", self.NAME), private_hosts=(self.NAME,)).body == b"ok"
        assert server.names == [self.NAME]
        assert f"host: {self.NAME}:{server.port}".encode() in server.heads[0].lower()

    def test_a_certificate_of_another_name_is_refused(self, pem: Path, leads: Callable[..., list[str]]) -> None:
        leads(("127.0.0.1",))
        with answering(saying(OK), pem=pem) as server, pytest.raises(Unanswered, match="ConnectError"):
            send(server.url("https", "other.example"), private_hosts=("other.example",))
        assert server.heads == []

    def test_a_certificate_that_nobody_trusts_is_refused(
        self, pem: Path, leads: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        leads(("127.0.0.1",))
        with answering(saying(OK), pem=pem) as server, pytest.raises(Unanswered, match="ConnectError"):
            send(server.url("https", self.NAME), private_hosts=(self.NAME,))
        assert server.heads == []
