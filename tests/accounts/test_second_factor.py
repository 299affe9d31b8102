"""The second factor: taken up, asked for at every log-in, used once, lost and reset."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import guard
from accounts.lockouts import OwnCounts
from accounts.models import RecoveryCode, SecondFactor, Session, User
from audit.models import AuditLog
from driftsentry.api.errors import Unauthenticated
from driftsentry.api.models import IdempotentRequest
from tests.accounts.authenticator import MINE, Authenticator, begin, enrol, log_in
from tests.accounts.signing import LOGIN, without_its_trace
from tests.api.counted import nothing_counted
from tests.api.test_encryption import everything
from tests.conftest import PASSWORD, World


@pytest.fixture
def client(world: World) -> APIClient:
    """The engineer, signed in."""
    return world.client(world.engineer)


@pytest.fixture
def held(world: World, client: APIClient) -> Authenticator:
    """The engineer's authenticator."""
    return enrol(client, world.engineer)


def kinds(world: World) -> list[str]:
    return list(AuditLog.objects.filter(account=world.account).order_by("seq").values_list("kind", flat=True))


def state(client: APIClient) -> Any:
    return client.get(MINE).json()["data"]


def remove(client: APIClient, code: str, password: str = PASSWORD) -> Any:
    return client.delete(MINE, {"currentPassword": password, "code": code}, format="json")


def test_it_begins_with_a_seed_and_counts_for_nothing_yet(world: World, client: APIClient) -> None:
    answer = client.post(MINE, {"currentPassword": PASSWORD}, format="json")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert set(data) == {"secret", "uri"}
    assert data["uri"].startswith("otpauth://totp/DriftSentry:bob%40acme.example?secret=" + data["secret"])
    assert answer["Cache-Control"] == "no-store"
    assert state(client) == {"enabled": False, "confirmedAt": None, "recoveryCodesLeft": 0}
    assert log_in(world.engineer).status_code == 200


def test_its_first_code_enables_it_and_gives_ten_recovery_codes(world: World, client: APIClient) -> None:
    held = enrol(client, world.engineer)
    assert len(set(held.recovery_codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in held.recovery_codes)
    found = state(client)
    assert (found["enabled"], found["recoveryCodesLeft"]) == (True, 10)
    assert found["confirmedAt"].endswith("Z")
    assert kinds(world)[-1] == "user.second_factor_confirmed"


def test_a_wrong_password_begins_nothing(world: World, client: APIClient) -> None:
    answer = client.post(MINE, {"currentPassword": "wrong horse battery"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "currentPassword"
    assert not SecondFactor.objects.exists()
    assert kinds(world)[-1] == "user.second_factor_refused"


def test_beginning_again_gives_another_seed_and_the_first_one_stops(world: World, client: APIClient) -> None:
    first, second = begin(client, world.engineer), begin(client, world.engineer)
    assert first.secret != second.secret
    assert client.post(f"{MINE}/confirm", {"code": first.code()}, format="json").status_code == 400
    assert client.post(f"{MINE}/confirm", {"code": second.code()}, format="json").status_code == 200


def test_a_wrong_code_enables_nothing(world: World, client: APIClient) -> None:
    held = begin(client, world.engineer)
    answer = client.post(f"{MINE}/confirm", {"code": held.wrong_code()}, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "code"
    assert state(client)["enabled"] is False
    assert not RecoveryCode.objects.exists()


def test_there_is_an_order_to_it(world: World, client: APIClient) -> None:
    for path, body in (("/confirm", {"code": "123456"}), ("/recovery-codes", {"code": "123456"})):
        assert client.post(MINE + path, body, format="json").status_code == 409
    assert remove(client, "123456").status_code == 409
    held = enrol(client, world.engineer)
    assert client.post(MINE, {"currentPassword": PASSWORD}, format="json").status_code == 409
    assert client.post(f"{MINE}/confirm", {"code": held.unused_code()}, format="json").status_code == 409
    assert log_in(world.engineer, held.unused_code()).status_code == 200, "the seed is still the first one"


def test_a_log_in_asks_for_a_code_once_the_password_was_right(world: World, held: Authenticator) -> None:
    sessions = Session.objects.count()
    answer = log_in(world.engineer)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AUTH_ERROR"
    assert answer.json()["error"]["details"] == {"secondFactor": "required"}
    assert Session.objects.count() == sessions
    assert log_in(world.engineer, "").json()["error"]["details"] == {"secondFactor": "required"}


def test_a_code_lets_in(world: World, held: Authenticator) -> None:
    answer = log_in(world.engineer, held.unused_code())
    assert answer.status_code == 200
    assert set(answer.json()["data"]) == {"accessToken", "refreshToken", "user"}
    assert kinds(world)[-1] == "user.logged_in"


def test_a_wrong_password_says_nothing_about_a_second_factor_and_spends_no_code(
    world: World, held: Authenticator
) -> None:
    code = held.unused_code()
    refused = [
        log_in(world.engineer, code, password="wrong horse battery"),
        log_in(world.viewer, code, password="wrong"),
    ]
    assert without_its_trace(refused[0]) == without_its_trace(refused[1])
    assert refused[0].json()["error"]["details"] == {}
    assert log_in(world.engineer, code).status_code == 200


def test_a_wrong_code_is_refused_and_journaled(world: World, held: Authenticator) -> None:
    answer = log_in(world.engineer, held.wrong_code())
    assert answer.status_code == 401
    assert answer.json()["error"]["details"] == {"secondFactor": "wrong"}
    entry = AuditLog.objects.filter(account=world.account).latest("seq")
    assert (entry.kind, entry.actor_id) == ("user.second_factor_refused", world.engineer.pk)
    assert entry.personal is not None
    assert entry.personal["address"] == "127.0.0.1"


def test_a_code_works_once_and_none_of_an_earlier_step_after_it(world: World, held: Authenticator) -> None:
    assert log_in(world.engineer, held.code()).status_code == 401, "it was used to confirm"
    code = held.unused_code()
    assert [log_in(world.engineer, code).status_code for _ in range(2)] == [200, 401]
    assert log_in(world.engineer, held.code(-1)).status_code == 401


def tried(asked: tuple[User, str]) -> int:
    try:
        status: int = log_in(*asked).status_code
        return status
    finally:
        connection.close()


def test_of_ten_log_ins_with_one_code_at_once_one_gets_in(world: World, held: Authenticator) -> None:
    for code in (held.unused_code(), held.recovery_codes[0]):
        with ThreadPoolExecutor(10) as threads:
            answers = list(threads.map(tried, [(world.engineer, code)] * 10))
        assert sorted(answers) == [200, *[401] * 9]


def test_somebody_without_a_second_factor_may_send_a_code(world: World) -> None:
    assert log_in(world.viewer, "123456").status_code == 200


@pytest.mark.parametrize("spelt", [str, str.upper, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_recovery_code_lets_in_once_however_it_is_spelt(world: World, held: Authenticator, spelt: Any) -> None:
    code = spelt(held.recovery_codes[3])
    assert [log_in(world.engineer, code).status_code for _ in range(2)] == [200, 401]
    (entry,) = AuditLog.objects.filter(kind="user.recovery_code_used")
    assert entry.data == {"id": str(world.engineer.pk), "left": 9}


def test_another_persons_codes_do_not_let_in(world: World, held: Authenticator) -> None:
    theirs = enrol(world.client(world.viewer), world.viewer)
    assert log_in(world.engineer, theirs.recovery_codes[0]).status_code == 401
    assert log_in(world.engineer, theirs.unused_code()).status_code == 401
    assert log_in(world.viewer, theirs.recovery_codes[0]).status_code == 200


@pytest.mark.parametrize("code", ["0" * 64, "-", "abcd-efgh-ijkl-mnop", "'; --", "\N{BELL}" * 6, "١٢٣٤٥٦"])
def test_any_other_text_is_a_wrong_code(world: World, held: Authenticator, code: str) -> None:
    assert log_in(world.engineer, code).status_code == 401


def test_other_recovery_codes_replace_the_earlier_ones(world: World, client: APIClient, held: Authenticator) -> None:
    assert client.post(f"{MINE}/recovery-codes", {"code": held.wrong_code()}, format="json").status_code == 400
    answer = client.post(f"{MINE}/recovery-codes", {"code": held.unused_code()}, format="json")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    fresh = answer.json()["data"]["recoveryCodes"]
    assert not set(fresh) & set(held.recovery_codes)
    assert log_in(world.engineer, held.recovery_codes[0]).status_code == 401
    assert log_in(world.engineer, fresh[0]).status_code == 200
    assert "user.recovery_codes_renewed" in kinds(world)


def test_enabling_it_signs_out_everywhere_else(world: World, client: APIClient) -> None:
    elsewhere = world.client(world.engineer)
    enrol(client, world.engineer)
    assert elsewhere.get("/api/v1/users/me").status_code == 401
    assert client.get("/api/v1/users/me").status_code == 200


def test_it_is_removed_with_the_password_and_a_code(world: World, client: APIClient, held: Authenticator) -> None:
    wrong = remove(client, held.unused_code(), password="wrong horse battery")
    assert (wrong.status_code, wrong.json()["error"]["details"]["errors"][0]["field"]) == (400, "currentPassword")
    wrong = remove(client, held.wrong_code())
    assert (wrong.status_code, wrong.json()["error"]["details"]["errors"][0]["field"]) == (400, "code")
    assert log_in(world.engineer).status_code == 401
    elsewhere = log_in(world.engineer, held.unused_code()).json()["data"]["accessToken"]
    assert remove(client, held.unused_code()).status_code == 204
    assert log_in(world.engineer).status_code == 200
    assert not RecoveryCode.objects.exists()
    assert APIClient().get("/api/v1/users/me", headers={"authorization": f"Bearer {elsewhere}"}).status_code == 401
    assert client.get("/api/v1/users/me").status_code == 200
    assert "user.second_factor_removed" in kinds(world)


def test_it_is_removed_with_a_recovery_code_too(client: APIClient, held: Authenticator) -> None:
    assert remove(client, held.recovery_codes[0]).status_code == 204
    assert state(client)["enabled"] is False


def reset(world: World, by: User, user: User) -> int:
    status: int = world.client(by).delete(f"/api/v1/users/{user.pk}/second-factor").status_code
    return status


def test_an_admin_resets_it_for_somebody_who_lost_it(world: World, client: APIClient, held: Authenticator) -> None:
    assert reset(world, world.owner, world.engineer) == 204
    assert log_in(world.engineer).status_code == 200
    assert client.get("/api/v1/users/me").status_code == 401
    entry = AuditLog.objects.get(kind="user.second_factor_removed")
    assert (entry.actor_id, entry.data["id"]) == (world.owner.pk, str(world.engineer.pk))


def test_a_reset_of_nothing_writes_nothing(world: World) -> None:
    assert reset(world, world.owner, world.viewer) == 204
    assert "user.second_factor_removed" not in kinds(world)


def test_nobody_else_resets_it(world: World, held: Authenticator) -> None:
    assert reset(world, world.viewer, world.engineer) == 403
    assert reset(world, world.outsider, world.engineer) == 404
    assert SecondFactor.objects.filter(user=world.engineer).exists()


def test_an_admin_does_not_get_round_their_own_by_a_reset(world: World) -> None:
    held = enrol(world.client(world.owner), world.owner)
    token = log_in(world.owner, held.unused_code()).json()["data"]["accessToken"]
    client = APIClient(headers={"authorization": f"Bearer {token}"})
    assert client.delete(f"/api/v1/users/{world.owner.pk}/second-factor").status_code == 409
    assert log_in(world.owner).status_code == 401


def test_only_a_superuser_resets_a_superusers(world: World, held: Authenticator) -> None:
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=True)
    assert reset(world, world.owner, world.engineer) == 403
    assert log_in(world.engineer).status_code == 401
    User.objects.filter(pk=world.owner.pk).update(is_superuser=True)
    assert reset(world, world.owner, world.engineer) == 204


def test_neither_seed_nor_codes_are_kept_in_clear_or_logged(
    world: World, client: APIClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    token = world.access_token(world.engineer)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_IDEMPOTENCY_KEY="once")
    held = enrol(client, world.engineer)
    code = held.unused_code()
    log_in(world.engineer, code)
    log_in(world.engineer, held.recovery_codes[0])
    assert not IdempotentRequest.objects.exists()
    kept, told = everything(), caplog.text + "".join(capfd.readouterr())
    for secret in (held.secret, *held.recovery_codes, *(one.replace("-", "") for one in held.recovery_codes)):
        assert secret not in kept
        assert secret not in told
    assert code not in told


def test_codes_are_not_guessed_without_end(
    world: World, held: Authenticator, client: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THROTTLE_LOGIN = "1000/minute"
    for ask in (
        lambda: log_in(world.engineer, held.wrong_code()),
        lambda: client.post(f"{MINE}/recovery-codes", {"code": held.wrong_code()}, format="json"),
        lambda: remove(client, held.wrong_code()),
        lambda: client.post(MINE, {"currentPassword": "wrong horse battery"}, format="json"),
    ):
        with nothing_counted():
            monkeypatch.setattr(guard, "_own", OwnCounts())
            answers = [ask().status_code for _ in range(8)]
        assert answers[0] in {400, 401}
        assert answers[-1] == 429


def test_a_second_factor_enabled_while_the_password_is_checked_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.actions import credentials

    judge = credentials.check_credentials

    def slowly(**given: Any) -> credentials.Proof:
        proof = judge(**given)
        SecondFactor.objects.create(
            user=world.viewer, account=world.account, secret="JBSWY3DPEHPK3PXP", confirmed_at=timezone.now()
        )
        return proof

    monkeypatch.setattr("accounts.actions.sessions.check_credentials", slowly)
    with pytest.raises(Unauthenticated):
        world.sign_in(world.viewer)
    assert not world.viewer.sessions.exists()


def test_a_malformed_code_is_no_server_error(world: World) -> None:
    for code in (["1"], {"a": 1}, 123456, "x" * 65, True, None):
        body = {"email": world.viewer.email, "password": PASSWORD, "code": code}
        assert APIClient(raise_request_exception=False).post(LOGIN, body, format="json").status_code in {200, 400}
