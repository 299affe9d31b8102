"""A small reader of the HCL that is written: enough of the language to say what a text means, strict in the rest."""

import json
import re
from typing import Any

_TOKEN = re.compile(
    r'\s*(?:(?P<comment>#[^\n]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)|(?P<mark>[{}\[\](),=]))",
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))|(\$\$\{)|(%%\{)|(\$\{|%\{)")


class NotHcl(Exception):
    """The text is none."""


def text_in(token: str) -> str:
    """What a quoted template means; an interpolation is refused."""

    def meant(found: re.Match[str]) -> str:
        four, eight, one, dollar, percent, opens = found.groups()
        if opens:
            raise NotHcl("an interpolation")
        if dollar or percent:
            return "${" if dollar else "%{"
        if four or eight:
            return chr(int(four or eight, 16))
        return {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}[one]

    if "\n" in token:
        raise NotHcl("a line break in a text")
    return _ESCAPE.sub(meant, token[1:-1])


class Reader:
    """Reads a body or an expression."""

    def __init__(self, source: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, rest = 0, source.rstrip()
        while at < len(rest):
            found = _TOKEN.match(rest, at)
            if found is None:
                raise NotHcl(rest[at : at + 40])
            if found.lastgroup != "comment":
                self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()

    def take(self, kind: str = "", value: str = "") -> str:
        if not self.tokens:
            raise NotHcl("the end")
        found, text = self.tokens.pop(0)
        if (kind and found != kind) or (value and text != value):
            raise NotHcl(f"{text} instead of {value or kind}")
        return text

    def peek(self) -> tuple[str, str]:
        return self.tokens[0] if self.tokens else ("", "")

    def body(self, *, end: str = "") -> list[tuple[str, Any]]:
        """Arguments and blocks, in their order: a block's value is a list of them."""
        found: list[tuple[str, Any]] = []
        while self.peek()[1] != end or (not end and self.tokens):
            name = self.take("name")
            labels = []
            while self.peek()[0] == "text":
                labels.append(text_in(self.take("text")))
            if self.peek()[1] == "{":
                self.take("mark", "{")
                found.append((" ".join([name, *labels]), self.body(end="}")))
                self.take("mark", "}")
            else:
                self.take("mark", "=")
                found.append((name, self.expression()))
        return found

    def expression(self) -> Any:
        kind, text = self.peek()
        if kind == "text":
            return text_in(self.take())
        if kind == "number":
            return json.loads(self.take())
        if text == "[":
            return self.list_of()
        if text == "{":
            return self.object_of()
        name = self.take("name")
        if name in {"jsonencode", "jsondecode"}:
            self.take("mark", "(")
            inside = self.expression()
            self.take("mark", ")")
            return json.loads(inside) if name == "jsondecode" else json.dumps(inside)
        return {"null": None, "true": True, "false": False}.get(name, f"<{name}>")

    def list_of(self) -> list[Any]:
        self.take("mark", "[")
        found = []
        while self.peek()[1] != "]":
            found.append(self.expression())
            if self.peek()[1] == ",":
                self.take()
        self.take("mark", "]")
        return found

    def object_of(self) -> dict[str, Any]:
        self.take("mark", "{")
        found = {}
        while self.peek()[1] != "}":
            name = text_in(self.take("text"))
            self.take("mark", "=")
            found[name] = self.expression()
        self.take("mark", "}")
        return found


def expression(source: str) -> Any:
    """The value of an expression."""
    reader = Reader(source)
    found = reader.expression()
    assert not reader.tokens
    return found


def body(source: str) -> list[tuple[str, Any]]:
    """The arguments and blocks of a file."""
    return Reader(source).body()
