"""`manage.py rotate_secrets`: write every stored secret anew with the newest of `ENCRYPTION_KEYS`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast

from driftsentry.api import encryption
from driftsentry.api.encryption import EncryptedTextField, Undecipherable

BATCH = 500
NAMED = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A column of secrets.

    Attributes:
        model: Its model.
        name: The field's name.
    """

    model: type[Model]
    name: str

    def __str__(self) -> str:
        """As people know it."""
        return f"{self.model._meta.label}.{self.name}"  # noqa: SLF001 - Django's public name

    def stored(self) -> QuerySet[Any]:
        """Its rows with the text as the database holds it, in `stored`."""
        rows: QuerySet[Any] = self.model._base_manager.all()  # noqa: SLF001 - Django's public name
        found: QuerySet[Any] = rows.annotate(stored=Cast(F(self.name), TextField())).exclude(stored=None)
        return found


def columns() -> list[Column]:
    """Every column of secrets, of whatever app."""
    return [
        Column(model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields  # noqa: SLF001 - Django's public name
        if isinstance(field, EncryptedTextField)
    ]


def batches(column: Column, size: int) -> Iterator[list[tuple[Any, str]]]:
    """A column's rows as key and stored text, a batch at a time, in the order of their keys.

    Args:
        column: Which.
        size: How many rows at most.
    """
    rows = column.stored().order_by("pk").values_list("pk", "stored")
    found = list(rows[:size])
    while found:
        yield found
        found = list(rows.filter(pk__gt=found[-1][0])[:size])


class Command(BaseCommand):
    """Reads all before it writes any. It may be stopped and run again at any time: each value is valid throughout."""

    help = "Write every stored secret anew with the newest of ENCRYPTION_KEYS; then the older keys can go."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many at a time.

        Args:
            parser: The command's parser.
        """
        parser.add_argument("--batch", type=int, default=BATCH, help=f"Rows read at a time ({BATCH}).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, rewrite and tell how far it is.

        Raises:
            CommandError: The batch is none, or a value fits no key; nothing is changed then.
        """
        size = options["batch"]
        if size < 1:
            raise CommandError("--batch takes 1 or more.")
        unreadable = [line for column in columns() for line in self._unreadable(column, size)]
        if unreadable:
            raise CommandError(
                "Nothing was changed: these fit none of ENCRYPTION_KEYS; add the key that they were written with. "
                + "; ".join(unreadable)
            )
        for column in columns():
            self._rotate(column, size)

    def _unreadable(self, column: Column, size: int) -> list[str]:
        keys = [key for batch in batches(column, size) for key, stored in batch if not _fits(stored)]
        if not keys:
            return []
        more = ", …" if len(keys) > NAMED else ""
        return [f"{column}: {len(keys)} ({', '.join(map(str, keys[:NAMED]))}{more})"]

    def _rotate(self, column: Column, size: int) -> None:
        seen = changed = 0
        for batch in batches(column, size):
            for key, stored in batch:
                if not encryption.is_newest(stored):
                    # Only what was read is replaced: somebody may have written another secret meanwhile.
                    same = column.stored().filter(pk=key, stored=stored)
                    anew = Value(encryption.rotate(stored), output_field=TextField())
                    changed += same.update(**{column.name: anew})
            seen += len(batch)
            self.stdout.write(f"{column}: {seen} read, {changed} written anew")
        if not seen:
            self.stdout.write(f"{column}: none")


def _fits(stored: str) -> bool:
    try:
        encryption.decrypt(stored)
    except Undecipherable:
        return False
    return True
