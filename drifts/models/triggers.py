"""Triggers that tables of this app share."""

import pgtrigger

UPDATED_AT = "NEW.updated_at = statement_timestamp(); RETURN NEW;"


def touched(name: str) -> pgtrigger.Trigger:
    """Keep `updated_at` true whoever writes the row."""
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=pgtrigger.Update, func=UPDATED_AT)


def touched_but_for(name: str, *columns: str) -> pgtrigger.Trigger:
    """The same, but for columns that tell what became of a row rather than what somebody wrote."""
    names = ", ".join(f"'{column}'" for column in columns)
    same = f"to_jsonb(NEW) - ARRAY[{names}] = to_jsonb(OLD) - ARRAY[{names}] AND to_jsonb(NEW) <> to_jsonb(OLD)"
    func = f"IF NOT ({same}) THEN NEW.updated_at = statement_timestamp(); END IF; RETURN NEW;"
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=pgtrigger.Update, func=func)
