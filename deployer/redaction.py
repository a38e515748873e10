"""Masks secrets in every text that leaves the process: the last line of defence.

Messages of the deployer contain no secrets, and what helm or a cluster says about HELM_VALUES is not
published. But a text of someone else may quote a secret where nobody expects it. Then it is masked in every
form in which programs write text into other text.
"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import SecretStr

MASK = "*****"

# Shorter ones are refused as secrets, and are ordinary words in values: masks for them would garble texts.
SHORTEST_SECRET = 8

# What is not percent-encoded beside letters, digits and -_.~: by Python, JavaScript, and Go in paths.
_UNENCODED = ("", "/", "!*'()", "$&+=:@", "$&+,/:;=@")
# Go escapes what has no name by number; so do Python and JavaScript, each with other numbers.
_HTML_OF_GO = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_UNLIKE_WORDS = re.compile(r"[^A-Za-z._/-]")
_NAMED_BY_GO = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


class Redactor:
    """Masks secrets in text."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._values: set[str] = set()
        self._public: set[str] = set()
        # The forms to mask, the longest first, by their first characters.
        self._forms: dict[str, list[str]] | None = None

    def hide(self, secret: SecretStr | None) -> None:
        """Mask a secret from now on; one that is shorter than `SHORTEST_SECRET` is not masked."""
        if secret is not None and secret.get_secret_value() not in self._secrets:
            self._secrets.add(secret.get_secret_value())
            self._forms = None

    def hide_values(self, values: Any) -> None:
        """Mask every text and number in the values of a user, and every key that is no word."""
        self._values |= set(_texts(values))
        self._forms = None

    def show(self, public: Iterable[str | None]) -> None:
        """Leave names of the hub as they are, and values that are such a name or part of one."""
        self._public |= {text for text in public if text}
        self._forms = None

    def clean(self, text: str) -> str:
        """Return the text with every known secret masked."""
        forms = self._forms = self._prepared() if self._forms is None else self._forms
        done, start, place = [], 0, 0
        while place < len(text):
            # Longest first: a secret may be part of another form of itself.
            for form in forms.get(text[place : place + SHORTEST_SECRET], ()):
                if text.startswith(form, place):
                    done += [text[start:place], MASK]
                    start = place = place + len(form)
                    break
            else:
                place += 1
        return "".join((*done, text[start:]))

    def _prepared(self) -> dict[str, list[str]]:
        public = "\n".join(self._public)
        values = {value for value in self._values if value not in public}
        forms = {form for text in self._secrets | values for form in forms_of(text)}
        prepared: dict[str, list[str]] = {}
        for form in sorted(forms, key=len, reverse=True):
            prepared.setdefault(form[:SHORTEST_SECRET], []).append(form)
        return prepared


REDACTOR = Redactor()
"""Knows every secret that this process has read or made."""


def mask_unlike_word(key: str) -> str:
    """Return a key of unknown values, masked if it is no word and as long as secrets are."""
    return MASK if len(key) >= SHORTEST_SECRET and _UNLIKE_WORDS.search(key) else key


def forms_of(secret: str) -> set[str]:
    """Return a secret, and each of its lines, in every form that is masked."""
    lines = [line.strip() for line in secret.splitlines()]
    parts = {secret, secret.strip(), " ".join(secret.split()), "".join(secret.split()), *lines}
    forms = {form for part in parts if len(part) >= SHORTEST_SECRET for form in _forms_of_part(part)}
    return {form for form in forms if len(form) >= SHORTEST_SECRET and form.strip("*")}


def _forms_of_part(text: str) -> Iterator[str]:
    spelled = {text, *_escaped(text)}
    yield from spelled
    yield from _escaped_again(text)
    yield from _in_html(text)
    yield from _percent_encoded(text)
    for spelling in spelled:
        content = spelling.encode(errors="surrogatepass")
        yield content.hex()
        yield content.hex().upper()
        for encoded in set(_in_base64(content)):
            yield encoded
            yield from _in_base64(encoded.encode())


def _escaped(text: str) -> Iterator[str]:
    """Yield a text inside the quotes of JSON, Go (`%q`) and Python."""
    yield json.dumps(text)[1:-1]
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    yield plain
    # Go's JSON, made safe for HTML.
    yield "".join(f"\\u{ord(c):04x}" if c in "<>&\u2028\u2029" else c for c in plain)
    yield "".join(map(_quoted_by_go, text))
    yield repr(text)[1:-1]
    yield repr(f"{text}'")[1:-2]


def _escaped_again(text: str) -> Iterator[str]:
    """Yield JSON that is text inside JSON."""
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield json.dumps(escaped, ensure_ascii=False)[1:-1]


def _quoted_by_go(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    if code in _NAMED_BY_GO:
        return _NAMED_BY_GO[code]
    if code < 0x80:  # noqa: PLR2004 - ASCII
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the basic plane


def _in_html(text: str) -> Iterator[str]:
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield "".join(_HTML_OF_GO.get(c, c) for c in text)
    yield "".join({**_HTML_OF_GO, "+": "&#43;"}.get(c, c) for c in text)


def _percent_encoded(text: str) -> Iterator[str]:
    for encoded in (
        quote_plus(text, errors="surrogatepass"),
        *(quote(text, safe=safe, errors="surrogatepass") for safe in _UNENCODED),
    ):
        yield encoded
        first, *others = encoded.split("%")
        yield "".join((first, *(f"%{part[:2].lower()}{part[2:]}" for part in others)))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield the base64 of a secret, alone and in the middle of longer text such as `user:password`.

    A character of base64 stands for 6 bits, so the text before a secret shifts it by 0, 1 or 2 bytes.
    Characters that share bits with the neighbouring text are left out.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret).decode()
        for before in range(3):
            encoded = encode(bytes(before) + secret).decode()
            inside = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
            if len(inside) >= SHORTEST_SECRET:
                yield inside


def _texts(values: Any) -> Iterator[str]:
    """Yield every key, text and number, numbers also as Go writes them."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield str(values)
        yield from _written_by_go(values)
    elif isinstance(values, dict):
        for key, value in values.items():
            # Others are words: a mask for those that the chart has would garble what is said about them.
            if _UNLIKE_WORDS.search(key):
                yield key
            yield from _texts(value)
    elif isinstance(values, list):
        for value in values:
            yield from _texts(value)


def _written_by_go(number: float) -> Iterator[str]:
    """Yield a number as helm prints it: as a float64 with the fewest digits, with and without an exponent."""
    try:
        value = float(number)
    except OverflowError:
        return
    shortest = next(
        text
        for places in range(18)
        if float(text := f"{value:.{places}e}") == value or places == 17  # noqa: PLR2004 - enough for any
    )
    digits, _, exponent = shortest.partition("e")
    yield f"{digits}e{int(exponent):+03d}"
    yield f"{value:.0f}" if value.is_integer() else repr(value)
