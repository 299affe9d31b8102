"""Triggers that tables of this app share."""

import pgtrigger

UPDATED_AT = "NEW.updated_at = statement_timestamp(); RETURN NEW;"


def touched(name: str) -> pgtrigger.Trigger:
    """Keep `updated_at` true whoever writes the row."""
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=pgtrigger.Update, func=UPDATED_AT)
