"""Reads the settings: environment over file over default, every mistake named in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mallard.config.declarations import DECLARED
from mallard.config.presets import apply_gdpr_mode
from mallard.config.settings import Settings
from mallard.config.tables import TABLES, SettingsError, checked, nearest, unknown_key

Origin = Literal["default", "file", "environment"]

BY_KEY = {declaration.key: declaration for declaration in DECLARED}
IN_TABLES = tuple(own for table in TABLES.values() for own in table.declarations.values())
BY_VARIABLE = {name: known for known in (*DECLARED, *IN_TABLES) for name in known.variables}
CONFIG_VARIABLE = "MALLARD_CONFIG"
SHORTEST_PASSWORD = 8
SHORTEST_TOKEN = 16
OWN_HOST = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where each came from, and what the operator should know."""

    settings: Settings
    origins: dict[str, Origin]
    warnings: list[str] = field(default_factory=list)


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """The settings of the file (else the one MALLARD_CONFIG names) and the environment.

    Raises SettingsError for an unreadable file, an unknown key or a bad value.
    """
    if path is None and (named := environ.get(CONFIG_VARIABLE, "").strip()):
        path = Path(named)
    from_file = _from_file(path) if path else {}
    from_environment = _from_environment(environ)
    values = from_file | from_environment
    origins: dict[str, Origin] = {d.key: "default" for d in DECLARED}
    origins |= dict.fromkeys(from_file, "file")
    origins |= dict.fromkeys(from_environment, "environment")
    warnings = [*_unknown_variables(environ), *apply_gdpr_mode(values, origins)]
    settings = Settings(**_with_tables(values))
    return Loaded(settings, origins, [*warnings, *_weak_secrets(settings), *_told_to_all(settings)])


def _from_file(path: Path) -> dict[str, Any]:
    """The values by key; those in a table are called `table.key`, and the table is named, too."""
    values: dict[str, Any] = {}
    place = f"in {path}"
    for key, value in _parsed(path).items():
        if key in TABLES:
            own = TABLES[key].read(value, place)
            values |= {key: {}} | {f"{key}.{name}": found for name, found in own.items()}
        elif key in BY_KEY:
            values[key] = checked(BY_KEY[key], value, place)
        else:
            raise unknown_key(key, [*BY_KEY, *TABLES], place)
    return values


def _with_tables(values: dict[str, Any]) -> dict[str, Any]:
    """The values as Settings takes them: those of tables in them. Raises SettingsError."""
    plain = {key: value for key, value in values.items() if key in BY_KEY}
    for table in TABLES.values():
        prefix = f"{table.name}."
        own = {key.removeprefix(prefix): values[key] for key in values if key.startswith(prefix)}
        if own or table.name in values:
            try:
                plain[table.name] = table.made(own)
            except ValueError as wrong:
                raise SettingsError(f"{table.name}: expected {wrong}") from None
    return plain


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"the settings file {path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the settings file {path} is not valid TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    # The documented name of a setting comes first in its list, and wins over another one.
    chosen: dict[str, Any] = {}
    for name, declaration in BY_VARIABLE.items():
        text = environ.get(name, "")
        if text.strip() and declaration.key not in chosen:
            chosen[declaration.key] = checked(declaration, text, f"from {name}")
    return chosen


def _unknown_variables(environ: Mapping[str, str]) -> Iterable[str]:
    known = [*BY_VARIABLE, CONFIG_VARIABLE]
    for name in sorted(environ):
        if name.startswith("MALLARD_") and name not in known:
            near = nearest(name.upper(), known)
            yield f"{name} is not a known variable; the nearest valid name is {near}"


def _weak_secrets(settings: Settings) -> Iterable[str]:
    for key, least in (("admin_password", SHORTEST_PASSWORD), ("metrics_token", SHORTEST_TOKEN)):
        value = getattr(settings, key)
        if value is not None and len(value) < least:
            yield f"{key} is shorter than {least} characters and easy to guess"


def _told_to_all(settings: Settings) -> Iterable[str]:
    smtp = settings.smtp
    if smtp and smtp.password and smtp.security == "none" and smtp.host not in OWN_HOST:
        yield "smtp.password goes to the server unencrypted, as smtp.security is none"
