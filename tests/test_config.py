"""Settings: where values come from, what is refused, and what the operator is told."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.config import DECLARED, Settings, SettingsError, load


def from_environment(**variables: str) -> Settings:
    return load(None, variables).settings


def refusal(path: Path | None = None, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(path, variables)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_without_file_or_variables_the_defaults_hold():
    loaded = load(None, {})
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.warnings == []


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(toml):
    path = toml("port = 9000\nflush_event_count = 10\n")
    loaded = load(path, {"MALLARD_PORT": "9001"})
    assert (loaded.settings.port, loaded.settings.flush_event_count) == (9001, 10)
    assert loaded.origins["port"] == "environment"
    assert loaded.origins["flush_event_count"] == "file"
    assert loaded.origins["host"] == "default"


def test_an_empty_variable_counts_as_unset(toml):
    path = toml("port = 9000\n")
    loaded = load(path, {"MALLARD_PORT": "", "MALLARD_SECRET": "  ", "MALLARD_CONFIG": ""})
    assert (loaded.settings.port, loaded.settings.secret) == (9000, None)


def test_a_variable_can_name_the_file(toml):
    path = toml("port = 9000\n")
    loaded = load(None, {"MALLARD_CONFIG": str(path)})
    assert (loaded.settings.port, loaded.warnings) == (9000, [])


def test_a_file_named_as_an_argument_wins_over_the_variable(toml):
    assert load(toml("port = 9000"), {"MALLARD_CONFIG": "/absent"}).settings.port == 9000


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("MALLARD_FLUSH_COUNT", "flush_event_count"),
        ("MALLARD_FLUSH_INTERVAL", "flush_interval_secs"),
        ("MALLARD_RATE_LIMIT", "rate_limit_per_site"),
        ("MALLARD_CACHE_TTL", "cache_ttl_secs"),
        ("MALLARD_SESSION_TTL", "session_ttl_secs"),
        ("MALLARD_SHUTDOWN_TIMEOUT", "shutdown_timeout_secs"),
        ("MALLARD_SHUTDOWN_TIMEOUT_SECS", "shutdown_timeout_secs"),
        ("MALLARD_LOGIN_LOCKOUT", "login_lockout_secs"),
        ("MALLARD_MAX_LOGIN_ATTEMPTS", "max_login_attempts"),
        ("MALLARD_JOURNAL_SYNC_MS", "journal_sync_ms"),
    ],
)
def test_documented_variables_set_their_keys(variable: str, key: str):
    loaded = load(None, {variable: "77"})
    assert getattr(loaded.settings, key) == 77
    assert loaded.warnings == []


def test_every_setting_can_be_set_by_a_variable_of_its_own():
    variables = [name for declaration in DECLARED for name in declaration.variables]
    assert len(set(variables)) == len(variables)
    assert all(name.startswith("MALLARD_") for name in variables)


def test_lists_come_from_commas_or_toml_lists(toml):
    listed = load(toml('site_ids = ["a.example", "b:8080"]'), {}).settings.site_ids
    assert listed == from_environment(MALLARD_SITE_IDS="a.example, b:8080,").site_ids


def test_flags_are_read_from_usual_words():
    assert from_environment(MALLARD_SECURE_COOKIES="TRUE").secure_cookies
    assert not from_environment(MALLARD_FILTER_BOTS="0").filter_bots


def test_choices_may_be_written_in_capitals():
    assert from_environment(MALLARD_LOG_LEVEL="INFO").log_level == "info"


def test_a_single_proxy_address_becomes_a_network_of_one():
    settings = from_environment(MALLARD_TRUSTED_PROXIES="203.0.113.7, 2001:db8::/32")
    assert settings.trusted_proxies == (ip_network("203.0.113.7/32"), ip_network("2001:db8::/32"))


def test_an_empty_list_of_proxies_trusts_nobody(toml):
    assert load(toml("trusted_proxies = []"), {}).settings.trusted_proxies == ()


def test_carrier_grade_addresses_are_not_trusted_by_default():
    assert not any(
        ip_network("100.64.0.0/10").overlaps(n)
        for n in Settings().trusted_proxies
        if n.version == 4
    )


def test_an_origin_is_kept_as_browsers_send_it():
    settings = from_environment(MALLARD_DASHBOARD_ORIGIN="https://Stats.Example.com:443")
    assert settings.dashboard_origin == "https://stats.example.com"
    settings = from_environment(MALLARD_DASHBOARD_ORIGIN="http://[::1]:8000")
    assert settings.dashboard_origin == "http://[::1]:8000"


BAD_VALUES = [
    ("MALLARD_PORT", "65536"),
    ("MALLARD_PORT", "-1"),
    ("MALLARD_PORT", "eighty"),
    ("MALLARD_HOST", "no spaces allowed"),
    ("MALLARD_FLUSH_COUNT", "0"),
    ("MALLARD_FLUSH_INTERVAL", "1" + "0" * 30),
    ("MALLARD_JOURNAL_SYNC_MS", "0"),
    ("MALLARD_SERVER_THREADS", "0"),
    ("MALLARD_RETENTION_DAYS", "-3"),
    ("MALLARD_FILTER_BOTS", "perhaps"),
    ("MALLARD_GEOIP_PRECISION", "street"),
    ("MALLARD_LOG_FORMAT", "xml"),
    ("MALLARD_LOG_LEVEL", "loud"),
    ("MALLARD_VISITOR_ID_ROTATION", "yearly"),
    ("MALLARD_TRUSTED_PROXIES", "10.0.0.0/8, everyone"),
    ("MALLARD_TRUSTED_PROXIES", "10.0.0.1/8"),
    ("MALLARD_SITE_IDS", "../etc"),
    ("MALLARD_SITE_IDS", "a..b"),
    ("MALLARD_SITE_IDS", "é.example"),
    ("MALLARD_SITE_IDS", "a" * 257),
    ("MALLARD_DASHBOARD_ORIGIN", "stats.example.com"),
    ("MALLARD_DASHBOARD_ORIGIN", "https://stats.example.com/"),
    ("MALLARD_DASHBOARD_ORIGIN", "https://user@stats.example.com"),
    ("MALLARD_DASHBOARD_ORIGIN", "https://stats.example.com:99999"),
    ("MALLARD_DASHBOARD_ORIGIN", "ftp://stats.example.com"),
    ("MALLARD_DASHBOARD_ORIGIN", "https://["),
    ("MALLARD_DUCKDB_MEMORY_LIMIT", "plenty"),
    ("MALLARD_DUCKDB_MEMORY_LIMIT", "0MB"),
    ("MALLARD_DUCKDB_MEMORY_LIMIT", "512"),
]


@pytest.mark.parametrize(("variable", "value"), BAD_VALUES)
def test_a_bad_value_is_refused_naming_key_and_variable(variable: str, value: str):
    key = next(d.key for d in DECLARED if variable in d.variables)
    text = refusal(None, **{variable: value})
    assert text.startswith(f"{key}: expected ")
    assert f"(from {variable})" in text


@pytest.mark.parametrize("value", ["512MB", "2gb", "1.5 GiB", ""])
def test_amounts_of_memory_that_duckdb_knows_are_accepted(toml, value: str):
    assert load(toml(f'duckdb_memory_limit = "{value}"'), {}).settings.duckdb_memory_limit == value


@pytest.mark.parametrize("line", ['port = "8000"', "port = true", "site_ids = [1]", "host = 1"])
def test_a_value_of_a_wrong_type_in_the_file_is_refused(toml, line: str):
    path = toml(line)
    text = refusal(path)
    assert text.startswith(f"{line.split()[0]}: expected ")
    assert f"(in {path})" in text


def test_an_unknown_key_is_refused_naming_the_nearest(toml):
    text = refusal(toml("flush_events_count = 5"))
    assert "flush_events_count" in text
    assert '"flush_event_count"' in text


def test_a_table_is_an_unknown_key(toml):
    assert "[server]" not in refusal(toml("[server]\nport = 1"))


def test_a_mistake_in_the_files_syntax_says_where(toml):
    assert "line 2" in refusal(toml("port = 1\nhost = \n"))


def test_an_absent_file_is_refused(tmp_path: Path):
    assert "absent.toml" in refusal(tmp_path / "absent.toml")
    assert "cannot read" in refusal(MALLARD_CONFIG=str(tmp_path))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    path = tmp_path / "mallard.toml"
    path.write_bytes(b"host = '\xff'")
    assert "UTF-8" in refusal(path)


def test_no_message_shows_a_secret(toml):
    assert "4815162342" not in refusal(toml("secret = 4815162342"))
    assert "hunter2" not in repr(from_environment(MALLARD_ADMIN_PASSWORD="hunter2hunter2"))
    assert "hunter2" not in "".join(load(None, {"MALLARD_ADMIN_PASSWORD": "hunter2"}).warnings)


def test_an_unknown_variable_only_warns_and_names_the_nearest():
    (warning,) = load(None, {"MALLARD_PROT": "hidden", "PROT": "1"}).warnings
    assert "MALLARD_PROT " in warning
    assert "MALLARD_PORT" in warning
    assert "hidden" not in warning


def test_weak_passwords_and_tokens_are_pointed_out():
    weak = {"MALLARD_METRICS_TOKEN": "duck", "MALLARD_ADMIN_PASSWORD": "duck"}
    warnings = load(None, weak).warnings
    assert [warning.split()[0] for warning in warnings] == ["admin_password", "metrics_token"]


@pytest.mark.parametrize("secret", ["x", "short", "a" * 64, "ab" * 32, "0123456789abcde\x01"])
def test_a_secret_that_protects_nobody_is_refused(secret: str):
    message = refusal(MALLARD_SECRET=secret)
    assert message.startswith("secret: expected 16 random characters or more")
    assert message.endswith("got a hidden value (from MALLARD_SECRET)")


def test_gdpr_mode_turns_on_its_flags_but_not_random_visitors():
    loaded = load(None, {"MALLARD_GDPR_MODE": "true"})
    settings = loaded.settings
    assert settings.strip_referrer_query
    assert settings.round_timestamps
    assert settings.suppress_browser_version
    assert settings.suppress_os_version
    assert settings.suppress_screen_size
    assert settings.respect_gpc
    assert settings.geoip_precision == "country"
    assert not settings.suppress_visitor_id
    assert loaded.warnings == []
    assert loaded.origins["round_timestamps"] == "environment"


def test_gdpr_mode_wins_over_contrary_flags_with_a_warning(toml):
    path = toml('gdpr_mode = true\nround_timestamps = false\ngeoip_precision = "city"\n')
    loaded = load(path, {"MALLARD_STRIP_REFERRER_QUERY": "true"})
    assert loaded.settings.round_timestamps
    assert loaded.settings.geoip_precision == "country"
    assert [warning.split()[2] for warning in loaded.warnings] == [
        "round_timestamps",
        "geoip_precision",
    ]


def test_gdpr_mode_leaves_what_is_stricter_or_a_free_choice(toml):
    path = toml('gdpr_mode = true\ngeoip_precision = "none"\nrespect_gpc = false\n')
    loaded = load(path, {})
    assert loaded.settings.geoip_precision == "none"
    assert not loaded.settings.respect_gpc
    assert loaded.warnings == []


@given(
    st.sampled_from([name for declaration in DECLARED for name in declaration.variables]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)
def test_any_text_is_either_accepted_or_refused_in_one_line(variable: str, text: str):
    try:
        loaded: Any = load(None, {variable: text})
    except SettingsError as error:
        assert len(str(error).splitlines()) == 1
    else:
        for declaration in DECLARED:
            shown = declaration.shown(getattr(loaded.settings, declaration.key))
            assert len(shown.splitlines()) == 1
