"""Every write of this app, one function a verb."""

from accounts.actions.passwords import set_password
from accounts.actions.sessions import SignedIn, log_in, log_out, refresh_session
from accounts.actions.tenants import create_account
from accounts.actions.users import ADMINISTERED_FIELDS, PROFILE_FIELDS, administer_user, change_profile, create_user

__all__ = [
    "ADMINISTERED_FIELDS",
    "PROFILE_FIELDS",
    "SignedIn",
    "administer_user",
    "change_profile",
    "create_account",
    "create_user",
    "log_in",
    "log_out",
    "refresh_session",
    "set_password",
]
