"""The ground under every app's API: envelope, errors, casing, pagination, idempotency. Imports no app."""
