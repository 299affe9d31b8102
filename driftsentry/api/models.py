"""The one table of the API ground: answers kept for `Idempotency-Key`."""

from django.db import models


class IdempotentRequest(models.Model):
    """A creating request and its answer, kept for a day so that a repeat gets the same one."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.UUIDField(help_text="The tenant.")
    user_id = models.UUIDField(help_text="Whose key it is, a user or an API key: keys of two never meet.")
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32, help_text="sha256 of method, path, query and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="The answer's status; none while it is made.")
    body = models.BinaryField(default=b"", help_text="The answer's bytes.")
    location = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One answer a key."""

        db_table = "api_idempotent_request"
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="api_idempotent_request_key")]
        indexes = [models.Index(fields=["created_at"], name="api_idempotent_request_age")]

    def __str__(self) -> str:
        """Its key."""
        return self.key
