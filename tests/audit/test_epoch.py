"""After a restore a new epoch tells readers that their past may not be this database's."""

from django.core.management import call_command

from audit.models import AuditHead
from audit.verification import verify
from tests.conftest import World


def test_a_new_epoch_changes_every_head_and_no_chain(world: World) -> None:
    before = dict(AuditHead.objects.values_list("account_id", "epoch"))
    call_command("audit_new_epoch")
    after = dict(AuditHead.objects.values_list("account_id", "epoch"))
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    assert verify(world.account.pk).valid
