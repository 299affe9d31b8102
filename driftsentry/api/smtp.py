"""Django's mails by SMTP, with what it lacks: a mail that takes too long in all is given up, and the refused are known.

Source: RFC 5321 (one reply to each recipient).
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from smtplib import SMTP, SMTP_SSL, SMTPServerDisconnected
from threading import Timer
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class BoundedBackend(EmailBackend):
    """Sends as Django's backend does, for so long, and keeps whom the mail server refused.

    Attributes:
        refused: The answer's code for each address that was refused while others were taken.
        is_late: Whether the time was over before the end.
    """

    def __init__(self, seconds: float) -> None:
        """Begin without a connection.

        Args:
            seconds: Most seconds for all of it; `EMAIL_TIMEOUT` is for each reply, and a server may reply bit by bit.
        """
        super().__init__()
        self.refused: dict[str, int] = {}
        self.is_late = False
        self.smtp: SMTP | None = None
        self._seconds = seconds

    @property
    def connection_class(self) -> Any:
        """What Django's backend makes its connection with."""
        return partial(_SecureConnection if self.use_ssl else _Connection, self)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails.

        Args:
            email_messages: The mails.

        Returns:
            How many.
        """
        timer = Timer(self._seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            return super().send_messages(email_messages)
        finally:
            timer.cancel()

    def _end(self) -> None:
        """End the connection, whatever it waits for: it is not closed, since another thread reads from it."""
        self.is_late = True
        connected = self.smtp.sock if self.smtp else None
        if connected is not None:
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # of TLS, too, without a word to the other side


class _Connection(SMTP):
    def __init__(self, backend: BoundedBackend, *args: Any, **options: Any) -> None:
        self._backend = backend
        backend.smtp = self
        super().__init__(*args, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self._backend.is_late:  # while it was made, or its socket was wrapped in TLS
            self.close()
            raise SMTPServerDisconnected("The time for all of it is over.")
        return super().getreply()

    def sendmail(self, *args: Any, **options: Any) -> dict[str, tuple[int, bytes]]:
        refused = super().sendmail(*args, **options)
        self._backend.refused.update({address: code for address, (code, _) in refused.items()})
        return refused


class _SecureConnection(_Connection, SMTP_SSL):
    pass
