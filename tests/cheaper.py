"""Has tests share what costs time and is the same for all of them; they see no difference."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from mallard.auth import passwords
from mallard.store.rollups import declared

CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""What is wanted of a real hash is that it takes long; tests/auth tries the real one."""


class CompiledTemplates(BytecodeCache):
    """Templates that an application has compiled, for all those of later tests."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


@dataclass(frozen=True)
class Compiled:
    """What werkzeug has made of a rule."""

    attributes: Mapping[str, Any]
    arguments: frozenset[str]
    builders: Mapping[str, Callable[..., tuple[str, str]]]

    @classmethod
    def of(cls, rule: Rule) -> Compiled:
        return cls(
            {name: getattr(rule, name) for name in ("_parts", "_trace", "_converters")},
            frozenset(rule.arguments),
            {name: getattr(rule, name).__func__ for name in ("_build", "_build_unknown")},
        )

    def apply(self, rule: Rule) -> None:
        vars(rule).update(self.attributes)
        rule.arguments |= self.arguments
        for name, function in self.builders.items():
            setattr(rule, name, function.__get__(rule, None))


def make_cheaper() -> None:
    """Shares templates and addresses; hashes quickly, logs plainly. Once, before all tests."""
    Flask.jinja_options["bytecode_cache"] = CompiledTemplates()
    _compile_rules_once()
    # Each store asks this of all rollups, for the same span.
    declared.in_local_time = cache(declared.in_local_time)  # type: ignore[attr-defined,assignment]
    # A traceback in colour, with all that is in each variable, takes half a second; ours are plain.
    (*_, renderer) = structlog.get_config()["processors"]
    renderer.exception_formatter = structlog.dev.plain_traceback
    passwords.PasswordHasher = lambda: CHEAP_HASHER  # type: ignore[attr-defined,assignment,misc]


def _compile_rules_once() -> None:
    """Has a later application take over what werkzeug made of a rule for the first.

    To compile them is most of what an application costs. What comes of it depends on a rule's
    text, its defaults, and what all our maps have in common; none is given another converter.
    """
    compiled: dict[tuple[object, ...], Compiled] = {}
    compile_anew = Rule.compile

    def compile_rule(self: Rule) -> None:
        asked = (self.rule, str(self.defaults), self.host, self.subdomain, self.merge_slashes)
        if asked not in compiled:
            compile_anew(self)
            compiled[asked] = Compiled.of(self)
        compiled[asked].apply(self)

    Rule.compile = compile_rule  # type: ignore[method-assign]


def keep_what_is_collected() -> None:
    """Has no later collection of garbage look at modules and tests, which stay to the end."""
    gc.collect()
    gc.freeze()
