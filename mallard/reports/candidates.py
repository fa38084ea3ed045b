"""Leaves out visitors of whom no session can be kept, before sessions are looked for."""

from __future__ import annotations

from collections.abc import Sequence

from mallard.reports.conditions import all_of

CANDIDATES = """
semi join (
    select hash(visitor_id) as visitor_hash
    from stored
    where {any_holds}
    group by visitor_hash
    having {each_holds}
) on hash(visitor_id) = visitor_hash"""
"""Visitors without an event that could keep a session are left out first, by a short hash.

Two ids with the same hash do no harm: what is let through is looked at by id again.
"""


def candidates(needed: Sequence[str]) -> str:
    """Restricts the visitors to those with events that hold what each kept session needs one of."""
    if not needed:
        return ""
    each_holds = all_of(f"bool_or({test})" for test in needed)
    return CANDIDATES.format(any_holds=" or ".join(needed), each_holds=each_holds)
