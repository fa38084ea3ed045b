"""Has tests share what costs time and is the same for all of them; they see no difference."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import structlog
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from mallard.auth import passwords

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


def make_cheaper() -> None:
    """Shares templates and addresses; hashes quickly, logs plainly. Once, before all tests."""
    Flask.jinja_options["bytecode_cache"] = CompiledTemplates()
    _compile_builders_once()
    # A traceback in colour, with all that is in each variable, takes half a second; ours are plain.
    (*_, renderer) = structlog.get_config()["processors"]
    renderer.exception_formatter = structlog.dev.plain_traceback
    passwords.PasswordHasher = lambda: CHEAP_HASHER  # type: ignore[attr-defined,assignment,misc]


def _compile_builders_once() -> None:
    """Has a later application build addresses with the functions that werkzeug made for the first.

    To compile them is most of what an application costs. They depend on a rule's text, its
    defaults and what its converters make of these; none of ours is given another converter.
    """
    compiled: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
    compile_anew = Rule._compile_builder

    def compile_builder(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        asked = (self.rule, str(self.defaults), str(self._trace), append_unknown)
        if asked not in compiled:
            compiled[asked] = compile_anew(self, append_unknown)
        return compiled[asked]

    Rule._compile_builder = compile_builder  # type: ignore[method-assign]


def keep_what_is_collected() -> None:
    """Has no later collection of garbage look at modules and tests, which stay to the end."""
    gc.collect()
    gc.freeze()
