"""How addresses are read: paths percent-decoded, hosts in either spelling.

Events are stored as they were sent. Reports show, search and filter a path with its escapes read as
the UTF-8 that they are, so that `/%C3%BC` and `/ü` are one page. Those of control characters, of
hexadecimal digits and of `# % , / ? |` stay: they keep different addresses apart, and no text has
anything more to be decoded once it is. A path whose escapes are no UTF-8 stays as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from mallard.host_names import host_as_read, host_as_sent

PAGES = frozenset(("pathname", "entry_page", "exit_page"))
"""Columns of paths."""

HOSTS = frozenset(("hostname", "referrer_source"))
"""Columns of hosts, among other names."""

_STAYS = "%([01][0-9A-Fa-f]|2[35CFcf]|3[0-9Ff]|4[1-6]|6[1-6]|7[CFcf])"
_MORE = "%[89AB][0-9A-F]"
_UTF8 = "|".join(
    (
        f"%(C[2-9A-F]|D[0-9A-F]){_MORE}",
        f"%(E0%[AB][0-9A-F]|E[1-9A-CEF]{_MORE}|ED%[89][0-9A-F]){_MORE}",
        f"%(F0%[9AB][0-9A-F]|F[1-3]{_MORE}|F4%8[0-9A-F]){_MORE}{_MORE}",
    )
)
"""Escapes of one sign beyond ASCII (table 3-7 of the Unicode Standard)."""
_IS_SENT_OTHERWISE = (
    f"regexp_matches(regexp_replace({{column}}, '{_UTF8}', '-', 'gi'), '%[89A-F][0-9A-F]', 'i')"
)
# What cannot be decoded is not given to `url_decode`, since it would end the whole statement.
_SQL = f"""
    case when not contains({{column}}, '%') then {{column}}
    else url_decode(
        case when {_IS_SENT_OTHERWISE} then replace({{column}}, '%', '%25')
        else regexp_replace({{column}}, '{_STAYS}', '%25\\1', 'g') end
    ) end
""".strip()


def decoded(path: str) -> str:
    """A path as people read it; decoding it once more changes nothing."""
    try:
        return unquote(re.sub(_STAYS, r"%25\1", path), errors="strict")
    except UnicodeDecodeError:
        return path


def decoded_sql(column: str) -> str:
    """The SQL of a column, decoded if it has paths."""
    return _SQL.format(column=column) if column in PAGES else column


def spellings(column: str, values: Iterable[str]) -> list[str]:
    """What values that people write for a column are compared with."""
    if column in PAGES:
        return list(dict.fromkeys(map(decoded, values)))
    if column in HOSTS:
        ways = (spelling for v in values for spelling in (v, host_as_sent(v), host_as_read(v)))
        return list(dict.fromkeys(ways))
    return list(values)
