"""Host names with letters beyond ASCII: in punycode, as browsers send them, and as people read."""

from __future__ import annotations

import re
import unicodedata

_PUNYCODE = "xn--"
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
_LOOKALIKES = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Scripts with letters that look like Latin ones."""


def host_as_read(host: str) -> str:
    """A host name with its punycode decoded, `müller.de` for `xn--mller-kva.de`.

    A label stays that is none, or that mixes Latin letters with others that look like them.
    """
    return ".".join(map(_label_as_read, host.split(".")))


def host_as_sent(host: str) -> str:
    """A host name as browsers send it, in ASCII alone."""
    if host.isascii():
        return host
    return ".".join(map(_label_as_sent, host.split(".")))


def source_as_sent(source: str) -> str:
    """The name of a source, which may be a host's: then as browsers send it."""
    if source.isascii() or not _HOST.fullmatch(source):
        return source
    return host_as_sent(source)


def _label_as_read(label: str) -> str:
    if not label.startswith(_PUNYCODE) or not label.isascii():
        return label
    try:
        text = label.removeprefix(_PUNYCODE).encode().decode("punycode")
    except UnicodeError:
        return label
    if _label_as_sent(text) != label or not text.isprintable() or _is_mixed(text):
        return label
    return text


def _label_as_sent(label: str) -> str:
    if label.isascii():
        return label
    text = unicodedata.normalize("NFC", label.lower())
    return _PUNYCODE + text.encode("punycode", "replace").decode()


def _is_mixed(text: str) -> bool:
    scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in text if sign.isalpha()}
    return "LATIN" in scripts and not scripts.isdisjoint(_LOOKALIKES)
