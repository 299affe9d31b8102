"""Every write of this app, one function a verb."""

from accounts.actions.admin_sessions import AdminSignedIn, log_in_to_admin, log_out_of_admin
from accounts.actions.erasure import erase_user
from accounts.actions.invitations import invite_again, invite_user
from accounts.actions.passwords import change_own_password, forget_password, reset_password, set_password
from accounts.actions.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
)
from accounts.actions.sessions import (
    SignedIn,
    log_in,
    log_out,
    open_session,
    refresh_session,
    revoke_other_sessions,
    revoke_session,
)
from accounts.actions.tenants import create_account
from accounts.actions.users import ADMINISTERED_FIELDS, PROFILE_FIELDS, administer_user, change_profile, create_user

__all__ = [
    "ADMINISTERED_FIELDS",
    "PROFILE_FIELDS",
    "AdminSignedIn",
    "SignedIn",
    "administer_user",
    "begin_second_factor",
    "change_own_password",
    "change_profile",
    "confirm_second_factor",
    "create_account",
    "create_user",
    "erase_user",
    "forget_password",
    "invite_again",
    "invite_user",
    "log_in",
    "log_in_to_admin",
    "log_out",
    "log_out_of_admin",
    "open_session",
    "refresh_session",
    "remove_second_factor",
    "renew_recovery_codes",
    "reset_password",
    "reset_second_factor",
    "revoke_other_sessions",
    "revoke_session",
    "set_password",
]
