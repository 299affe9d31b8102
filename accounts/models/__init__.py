"""Tenants, their people, and what proves who they are."""

from accounts.models.keys import ApiKey
from accounts.models.people import Account, Domain, User, UserManager, normalised_email
from accounts.models.proofs import OneTimeToken, RecoveryCode, SecondFactor
from accounts.models.sessions import Session

__all__ = [
    "Account",
    "ApiKey",
    "Domain",
    "OneTimeToken",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "User",
    "UserManager",
    "normalised_email",
]
