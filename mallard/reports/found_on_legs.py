"""What filters of events find on a leg: the SQL of `found_pages`, `found_others` and `views`.

Of each there is also whether a leg has anything of what is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from mallard.reports.conditions import EVERYTHING, all_of, on_other, on_page

FOUND = """
    list_filter(pages, lambda each: {on_page}) as found_pages,
    list_filter(others, lambda each: {on_other}) as found_others
"""
FOUND_BESIDE = """
    list_concat(
        list_filter(pages, lambda each: each.views > 0 and ({on_page})),
        list_filter(own_pages, lambda each: ({on_page}) is not true)
    ) as found_pages,
    list_concat(
        list_filter(others, lambda each: {on_other}),
        list_filter(own_others, lambda each: ({on_other}) is not true)
    ) as found_others
"""
"""What is found by where it was, and what of events that were looked up happened elsewhere."""
VIEWS = """,
    coalesce(list_sum(list_transform(found_pages, lambda each: each.views)), 0)::bigint as views
"""
HAS_SOME = "(len({pages}) > 0 or coalesce(len({others}), 0) > 0)"
IS_FOUND = HAS_SOME.format(pages="found_pages", others="found_others")


def on_lists(places: Sequence[str], happened: Sequence[str]) -> tuple[dict[str, str], str]:
    """What tests of events find in the lists of legs; and the SQL of all events that are found."""
    groups = [all_of(tests) for tests in (places, happened) if tests]
    matches = " or ".join(f"({test})" for test in groups) or EVERYTHING
    if not groups:
        return dict.fromkeys(("has_any", "has_each", "any_has_each"), EVERYTHING), matches
    # Where something else than a pageview happened, a page is among the pages, too.
    of_page = on_page(matches)
    if happened:
        of_page = f"each.views > 0 and ({of_page})"
    has_any = IS_FOUND if happened else "len(found_pages) > 0"
    has = [has_any] if len(groups) == 1 else [_has(test) for test in groups]
    found = FOUND.format(on_page=of_page, on_other=on_other(matches))
    return {"found": found + VIEWS, "has_any": has_any, **_each(has)}, matches


def beside_looked_up(places: Sequence[str], has_any: str) -> dict[str, str]:
    """What is found beside events that are looked up, in the lists of legs."""
    if not places:
        found = "own_pages as found_pages, own_others as found_others"
        return {"found": found + VIEWS, "has_any": has_any, **_each([has_any])}
    test = all_of(places)
    found = FOUND_BESIDE.format(on_page=on_page(test), on_other=on_other(test))
    has = [_has(test), has_any]
    return {"found": found + VIEWS, "has_any": IS_FOUND, **_each(has)}


def _each(has: Sequence[str]) -> dict[str, str]:
    """Whether something is found for each group of filters, on a leg or on several."""
    several = all_of(f"bool_or({test})" for test in has)
    return {"has_each": all_of(has), "any_has_each": several}


def _has(test: str) -> str:
    """Whether something of what was found passes a test of events."""
    return HAS_SOME.format(
        pages=f"list_filter(found_pages, lambda each: {on_page(test)})",
        others=f"list_filter(found_others, lambda each: {on_other(test)})",
    )
