"""A submission's fields, one by one: what is taken, and how what is refused is named."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import MAX_PROPS, Fields, check_fields, parse_body, parse_params

KNOWN = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


def fields(**changes: Any) -> Fields:
    return check_fields(parse_body(json.dumps(KNOWN | changes).encode()))


def refusal(body: Any) -> Rejected:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Rejected) as caught:
        check_fields(parse_body(content))
    return caught.value


def literal(name: str, text: str) -> bytes:
    """A body with one value written exactly so."""
    return json.dumps(KNOWN).encode()[:-1] + f', "{name}": {text}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nope",
        b"NaN",
        b'{"d": "example.com",}',
        b"{'d': 'example.com'}",
        json.dumps(KNOWN).encode() + b" trailing",
        json.dumps(KNOWN).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(KNOWN).encode(),
        b'{"d": 5, "n": ',
        b'{"n": "pageview"} {',
        literal("w", "NaN"),
        literal("w", "Infinity"),
        literal("ra", "-Infinity"),
        literal("r", r'"\ud800"'),
        literal("r", r'"\udc00 and more text"'),
        literal("unknown", r'"\ud800 and more text"'),
        literal("p", r'{"\ud800 and more": 1}'),
        literal("r", '"\x01"'),
        json.dumps(KNOWN).encode()[:-1] + b', "r": "\xff"}',
        json.dumps(KNOWN).encode()[:-1] + b', "unknown": "\xff"}',
        json.dumps(KNOWN).encode()[:-1] + b', "r": "\xed\xa0\x80"}',
        literal("p", "[" * 5000 + "]" * 5000),
        literal("unknown", "[" * 5000 + "]" * 5000),
    ],
    ids=range(24),
)
def test_what_is_no_json_is_400(body: bytes) -> None:
    found = refusal(body)
    assert (found.status, "not valid JSON" in found.reason) == (400, True)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"5", b"true"])
def test_json_that_is_no_object_is_422(body: bytes) -> None:
    found = refusal(body)
    assert (found.status, "must be a JSON object" in found.reason) == (422, True)


@pytest.mark.parametrize("name", ["d", "n", "u"])
def test_a_missing_field_is_422_and_named(name: str) -> None:
    found = refusal({key: value for key, value in KNOWN.items() if key != name})
    assert (found.status, found.reason) == (422, f"{name} is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *itertools.product("dnu", (None, 5, True, [], {})),
        *itertools.product("r", (5, False, [], {})),
        *itertools.product("w", ("1920", True, [], {})),
    ],
)
def test_a_wrong_type_is_422_and_the_field_named(name: str, value: object) -> None:
    found = refusal(KNOWN | {name: value})
    assert (found.status, found.reason.split(":")[0]) == (422, name)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"n": ""}, "n "),
        ({"u": ""}, "u "),
        ({"n": "x" * 257}, "n "),
        ({"u": "https://example.com/" + "x" * 2029}, "u "),
        ({"r": "x" * 2049}, "r "),
        ({"p": "not json"}, "p "),
        ({"p": ""}, "p "),
        ({"p": "null"}, "p "),
        ({"p": "[1]"}, "p "),
        ({"p": [1]}, "p "),
        ({"p": 5}, "p "),
        ({"p": True}, "p "),
        ({"ra": "5 €"}, "ra "),
        ({"ra": "49,90"}, "ra "),
        ({"ra": ""}, "ra "),
        ({"ra": "NaN"}, "ra "),
        ({"ra": "1e9999"}, "ra "),
        ({"ra": "10000000000"}, "ra "),
        ({"ra": "9" * 30}, "ra "),
        ({"ra": "٤٩"}, "ra "),
        ({"ra": True}, "ra "),
        ({"ra": []}, "ra "),
        ({"rc": "EU"}, "rc "),
        ({"rc": "EURO"}, "rc "),
        ({"rc": "E1R"}, "rc "),
        ({"rc": "äöü"}, "rc "),
        ({"rc": 978}, "rc "),
        ({"$": 5}, "$ "),
        ({"$": "5"}, "$ "),
        ({"$": "no json"}, "$ "),
        ({"$": {"amount": "five"}}, "ra "),
        ({"$": {"amount": 5, "currency": "nothing"}}, "rc "),
    ],
)
def test_a_bad_value_is_400_and_the_field_named(changes: dict[str, Any], name: str) -> None:
    found = refusal(KNOWN | changes)
    assert (found.status, found.reason[: len(name)]) == (400, name)


def test_lengths_are_counted_in_characters() -> None:
    longest = {"n": "☃" * 256, "u": "https://example.com/" + "ü" * 2028, "r": "ß" * 2048}
    assert fields(**longest).event_name == "☃" * 256
    assert refusal(KNOWN | {"n": "☃" * 257}).status == 400


def test_null_is_absent() -> None:
    absent: dict[str, Any] = dict.fromkeys(("r", "w", "p", "ra", "rc", "$", "unknown"))
    assert fields(**absent) == fields()


def test_unknown_keys_are_ignored() -> None:
    assert fields(name="x", url=5, v={"deep": [None]}) == fields()
    assert check_fields(parse_body(literal("unknown", "1e999"))) == fields()


def test_the_last_of_a_repeated_key_counts() -> None:
    assert parse_body(b'{"d":"a","d":"b","n":"x","u":"/"}').d == "b"


@pytest.mark.parametrize(
    ("width", "taken"),
    [
        (1, 1),
        (1920, 1920),
        (1920.7, 1920),
        (65_535, 65_535),
        (0, None),
        (-5, None),
        (65_536, None),
        (1e300, None),
        (10**25, None),
    ],
)
def test_a_width_out_of_range_is_absent(width: float, taken: int | None) -> None:
    assert fields(w=width).width == taken


def test_a_number_beyond_all_measure_is_400_and_named() -> None:
    for name in ("w", "ra"):
        for text in ("1e999", "-1e999", "9" * 5000):
            found = refusal(literal(name, text))
            assert (found.status, f"$.{name}" in found.reason) == (400, True)
    assert refusal(literal("p", '{"n": 1e999}')).status == 400


def test_props_may_be_an_object_or_a_string_that_holds_one() -> None:
    props = {"plan": "pro", "count": 5, "nested": {"ä": [1, None, 0.5]}}
    compact = json.dumps(props, separators=(",", ":"), ensure_ascii=False)
    assert fields(p=props).props == compact
    assert fields(p=json.dumps(props, indent=4)).props == compact
    assert fields(p={}).props == "{}"


@pytest.mark.parametrize("as_text", [False, True])
def test_the_limit_of_props_holds_for_their_compact_form(as_text: bool) -> None:
    def sent(length: int) -> Any:
        props = {"k": "x" * (length - len('{"k":""}'))}
        return json.dumps(props, indent=200) if as_text else props

    assert len(fields(p=sent(MAX_PROPS)).props or "") == MAX_PROPS == 4096
    assert refusal(KNOWN | {"p": sent(MAX_PROPS + 1)}).status == 400


def test_props_of_any_depth_are_taken_or_refused() -> None:
    for depth in (*range(1, 1100, 61), *range(940, 1000)):
        for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            for sent in (literal("p", f'{{"k":{text}}}'), literal("p", json.dumps(text))):
                try:
                    check_fields(parse_body(sent))
                except Rejected as rejected:
                    assert rejected.status == 400


@pytest.mark.parametrize(
    ("amount", "stored"),
    [
        ("99", "99.00"),
        ("0", "0.00"),
        ("-0.0", "0.00"),
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("-0.001", "0.00"),
        ("-19.995", "-20.00"),
        ("1e-320", "0.00"),
        ("1e9", "1000000000.00"),
        ("9999999999.99", "9999999999.99"),
        ("-9999999999.99", "-9999999999.99"),
        ("9999999999.994", "9999999999.99"),
        ("9999999999.995", None),
        ("10000000000", None),
        ("-1e10", None),
        ("1e308", None),
        ("9" * 30, None),
        ("-" + "9" * 400, None),
    ],
)
def test_an_amount_fits_its_column_or_is_refused(amount: str, stored: str | None) -> None:
    body = literal("ra", amount)
    if stored is None:
        found = refusal(body)
        assert (found.status, "ra" in found.reason) == (400, True)
    else:
        assert check_fields(parse_body(body)).revenue_amount == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("49.90", "49.90"),
        (" 5 ", "5.00"),
        ("-19.995", "-20.00"),
        ("+0.1", "0.10"),
        ("9999999999.99", "9999999999.99"),
        ("0.004999999999999999999999999999999999", "0.00"),
    ],
)
def test_an_amount_may_be_a_string_that_is_a_number(text: str, stored: str) -> None:
    assert fields(ra=text).revenue_amount == stored
    assert fields(**{"$": {"amount": text}}).revenue_amount == stored


@pytest.mark.parametrize("flag", [1, True, "", "true"])
def test_a_submission_says_that_its_fragment_belongs_to_the_path(flag: object) -> None:
    assert fields(h=flag).has_fragment
    assert not any(fields(h=flag).has_fragment for flag in (None, False, 0))


def test_only_a_browser_that_says_so_is_automated() -> None:
    assert fields(b=True).is_automated
    others: list[Any] = [None, False, 0, 1, "true", {}]
    assert not any(fields(b=said).is_automated for said in others)


def test_a_currency_is_stored_upper_case() -> None:
    found = fields(ra=5, rc="eur")
    assert (found.revenue_amount, found.revenue_currency) == ("5.00", "EUR")


def test_revenue_may_come_in_one_object() -> None:
    found = fields(**{"$": {"amount": 12.5, "currency": "usd"}})
    assert (found.revenue_amount, found.revenue_currency) == ("12.50", "USD")
    assert fields(**{"$": {}}) == fields()
    assert fields(**{"$": '{"amount":"12.50","currency":"usd"}'}) == found
    assert fields(ra=1, rc="EUR", **{"$": {"amount": 2}}).revenue_amount == "1.00"


def test_the_pixel_counts_a_pageview_unless_it_names_an_event() -> None:
    assert parse_params({"d": "a", "u": "/"}).n == "pageview"
    assert parse_params({"d": "a", "u": "/", "n": ""}).n == "pageview"
    assert parse_params({"d": "a", "u": "/", "n": "open"}).n == "open"


def test_the_pixel_ignores_a_width_that_is_no_number() -> None:
    for width in ("", "wide", "-5", "1e3", "٣", "9" * 4000):
        assert check_fields(parse_params({"d": "a", "u": "/", "w": width})).width is None
    assert check_fields(parse_params({"d": "a", "u": "/", "w": "640"})).width == 640


@pytest.mark.parametrize("missing", ["d", "u"])
def test_the_pixel_needs_a_site_and_a_url(missing: str) -> None:
    with pytest.raises(Rejected, match=f"{missing} is missing") as caught:
        parse_params({name: "/" for name in "du" if name != missing})
    assert caught.value.status == 422
