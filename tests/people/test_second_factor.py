"""Codes beside the password: each is good once, near its time, and those for a loss are few."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pyotp import TOTP

from mallard.people.second_factor import (
    CODES,
    begun,
    new_codes,
    new_secret,
    picture,
    provisioning,
    spent,
)
from mallard.register.people import SecondFactor

NOW = datetime(2026, 3, 18, 12, 0, 10, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def factor() -> SecondFactor:
    return begun(SECRET, ["aaaa-bbbb-cccc-dddd", "eeee-ffff-gggg-hhhh"])


def code_at(at: datetime) -> str:
    return TOTP(SECRET).at(at)


@pytest.mark.parametrize("secs", [-30, 0, 30])
def test_a_code_is_good_within_half_a_minute_of_its_time(factor: SecondFactor, secs: int) -> None:
    assert spent(factor, code_at(NOW + timedelta(seconds=secs)), NOW)


@pytest.mark.parametrize("secs", [-60, 60, 86_400, -86_400])
def test_a_code_of_another_time_is_not(factor: SecondFactor, secs: int) -> None:
    assert spent(factor, code_at(NOW + timedelta(seconds=secs)), NOW) is None


def test_a_code_is_good_once_and_so_are_none_before_it(factor: SecondFactor) -> None:
    used = spent(factor, code_at(NOW), NOW)
    assert used
    later = NOW + timedelta(seconds=25)
    assert spent(used, code_at(NOW), later) is None
    assert spent(used, code_at(NOW - timedelta(seconds=30)), NOW) is None
    assert spent(used, code_at(NOW + timedelta(seconds=30)), later)


def test_a_clock_that_is_set_back_makes_no_code_good_again(factor: SecondFactor) -> None:
    used = spent(factor, code_at(NOW), NOW)
    assert used
    assert spent(used, code_at(NOW - timedelta(hours=1)), NOW - timedelta(hours=1)) is None


def test_blanks_in_a_code_do_not_matter(factor: SecondFactor) -> None:
    code = code_at(NOW)
    assert spent(factor, f" {code[:3]} {code[3:]}\n", NOW)
    assert spent(factor, "AAAABBBB CCCCDDDD", NOW)


def test_a_code_for_a_loss_is_good_once(factor: SecondFactor) -> None:
    used = spent(factor, "aaaa-bbbb-cccc-dddd", NOW)
    assert used and len(used.recovery_codes) == 1
    assert spent(used, "aaaa-bbbb-cccc-dddd", NOW) is None
    assert spent(used, "eeee-ffff-gggg-hhhh", NOW)


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "1234567", "١٢٣٤٥٦", "aaaa", "\ud800", "x" * 9999]
)
def test_anything_else_is_no_code(factor: SecondFactor, code: str) -> None:
    assert spent(factor, code, NOW) is None


def test_codes_for_a_loss_have_80_random_bits_and_only_hashes_are_kept() -> None:
    codes = new_codes()
    assert len({*codes}) == CODES and all(len(code.replace("-", "")) == 16 for code in codes)
    kept = repr(begun(new_secret(), codes))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_the_picture_has_neither_style_nor_script() -> None:
    svg = picture(provisioning(SECRET, "grace@example.com", "Mallard"))
    assert svg.startswith("<svg") and "style" not in svg and "script" not in svg
    text = provisioning(SECRET, "grace@example.com", "Mallard")
    assert text.startswith("otpauth://totp/Mallard:grace%40example.com") and SECRET in text
