"""Rules for arguments that can be checked before anything starts, and the library's in our words.

Must not repeat a value in a text, it may be a secret; and must not repeat a rule of the library.
"""
from __future__ import annotations

import math
import re

__all__ = ["in_our_words", "max_count", "milliseconds", "optional_text", "text", "whole",
           "wrong_type"]

LONGEST_S = 1e15
LARGEST = 2**64 - 1


def wrong_type(name: str, wanted: str, value: object) -> TypeError:
    """The error that names the argument, the rule and what came."""
    return TypeError(f"{name}: must be {wanted}, not {type(value).__name__}")


def milliseconds(name: str, value: object, *, unlimited: bool = True) -> int:
    """Seconds as whole milliseconds, rounded up so that a wait is never shorter; None: -1."""
    if value is None and unlimited:
        return -1
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type(name, "a number of seconds" + (" or None" if unlimited else ""), value)
    if not math.isfinite(value) or value < 0 or value > LONGEST_S:
        raise ValueError(f"{name}: must be a finite number of seconds, 0 or more")
    return math.ceil(round(value * 1000, 3))


def text(name: str, value: object, wanted: str = "str") -> str:
    """A str that UTF-8 can say."""
    if not isinstance(value, str):
        raise wrong_type(name, wanted, value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: holds half of a surrogate pair, which UTF-8 has not") from None
    return value


def optional_text(name: str, value: object) -> str | None:
    """A text, or None."""
    return None if value is None else text(name, value, "str or None")


def whole(name: str, value: object, *, least: int = 0, most: int = LARGEST) -> int:
    """A whole number; an enum of whole numbers is one, a bool is not."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "int", value)
    if not least <= value <= most:
        raise ValueError(f"{name}: must be from {least} to {most}")
    return value


def max_count(value: object) -> int:
    """How many messages a batch may hold."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type("max_count", "int", value)
    if value < 1:
        raise ValueError("max_count: must be at least 1")
    return min(value, 2**31)


# What a text of the library says in words of C, and what it is here.
_WORDS = (
    (r"\btls_(?=[a-z])", "ssl."),
    (r"\b([a-z_]+)_ms\b", r"\1"),
    (r"\bNULL\b", "None"),
    (r"\boptions\.history\b", "history"),
    (r"take the fates with poll\(\)", "await fates first"),
    (r"wait for its REQUEST_COMPLETED event", "await its page"),
)


def in_our_words(said: str) -> str:
    """A rule of the library, whose options are milliseconds and names of C, as Python says it."""
    name, colon, rule = said.partition(": ")
    if not colon or not re.fullmatch(r"[\w.\[\]]+", name):
        return said
    in_milliseconds = name.endswith("_ms")
    name = re.sub(r"^(options|message)\.", "", name)
    unlimited = rule.endswith(", or GRACELINE_UNLIMITED")
    rule = rule.removesuffix(", or GRACELINE_UNLIMITED")
    for pattern, word in _WORDS:
        name, rule = re.sub(pattern, word, name), re.sub(pattern, word, rule)
    if in_milliseconds:
        rule = re.sub(r"\b\d+\b", lambda match: f"{int(match[0]) / 1000:.10g}", rule)
        rule += " s" if rule.startswith("must be from") else ""
    return f"{name}: {rule}" + (", or None" if unlimited else "")
