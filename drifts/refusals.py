"""What a refused body answers: each error of the pure ingest path as an error of the API."""

from drifts.ingest.errors import BodyTooLarge, FormatError, UnrecognisedFormat, UnsupportedEncoding, UnsupportedVersion
from driftsentry.api.errors import ApiError, Invalid, PayloadTooLarge, Unprocessable, UnsupportedMediaType

ANSWERS: tuple[tuple[type[FormatError], type[ApiError]], ...] = (
    (BodyTooLarge, PayloadTooLarge),
    (UnsupportedEncoding, UnsupportedMediaType),
    (UnrecognisedFormat, Unprocessable),
    (UnsupportedVersion, Unprocessable),
    (FormatError, Invalid),
)


def refusal(error: FormatError) -> ApiError:
    """The API's error for a refused body.

    Args:
        error: Why it was refused.
    """
    answer = next(answer for kind, answer in ANSWERS if isinstance(error, kind))
    return answer(error.message, details={"hint": error.hint} if error.hint else {})
