"""Reads the settings: environment over file over default, every mistake named in one line."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mallard.config.declarations import DECLARED, BadValue, Declaration
from mallard.config.presets import apply_gdpr_mode
from mallard.config.settings import Settings

Origin = Literal["default", "file", "environment"]

BY_KEY = {declaration.key: declaration for declaration in DECLARED}
BY_VARIABLE = {name: declaration for declaration in DECLARED for name in declaration.variables}
CONFIG_VARIABLE = "MALLARD_CONFIG"
SHORTEST_PASSWORD = 8
SHORTEST_TOKEN = 16


class SettingsError(Exception):
    """Settings that cannot be used; its text is one line for the operator."""


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
    settings = Settings(**values)
    return Loaded(settings, origins, warnings + list(_weak_secrets(settings)))


def _from_file(path: Path) -> dict[str, Any]:
    values = {}
    for key, value in _parsed(path).items():
        if key not in BY_KEY:
            nearest = _nearest(key.lower(), BY_KEY)
            raise SettingsError(
                f'{key!r}: unknown key in {path}; the nearest valid key is "{nearest}"'
            )
        values[key] = _checked(BY_KEY[key], value, f"in {path}")
    return values


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
            chosen[declaration.key] = _checked(declaration, text, f"from {name}")
    return chosen


def _checked(declaration: Declaration, value: Any, place: str) -> Any:
    read = declaration.from_text if place.startswith("from") else declaration.from_toml
    try:
        return read(value)
    except BadValue as wrong:
        raise SettingsError(f"{declaration.key}: {wrong} ({place})") from None


def _unknown_variables(environ: Mapping[str, str]) -> Iterable[str]:
    known = [*BY_VARIABLE, CONFIG_VARIABLE]
    for name in sorted(environ):
        if name.startswith("MALLARD_") and name not in known:
            nearest = _nearest(name.upper(), known)
            yield f"{name} is not a known variable; the nearest valid name is {nearest}"


def _nearest(word: str, choices: Iterable[str]) -> str:
    return difflib.get_close_matches(word, choices, n=1, cutoff=0)[0]


def _weak_secrets(settings: Settings) -> Iterable[str]:
    for key, least in (("admin_password", SHORTEST_PASSWORD), ("metrics_token", SHORTEST_TOKEN)):
        value = getattr(settings, key)
        if value is not None and len(value) < least:
            yield f"{key} is shorter than {least} characters and easy to guess"
