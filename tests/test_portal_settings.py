"""The portal's settings: a table of the file, off without it, every mistake named in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mallard.config import Portal, Project, SettingsError, load

DOCUMENTED = """
[portal]
site_id = "portal"
tools = ["pets", "prospects"]
[portal.projects.pets]
downloads = "/srv/releases/pets"
git = "https://git.example.org/group/pets.git"
[portal.projects."prospects-2.0"]
downloads = "https://host.example:8443/path/{version}/{asset}?raw=1"
"""


def test_without_the_table_there_is_no_portal(toml):
    assert load(toml("port = 1"), {}).settings.portal is None


def test_the_documented_table_is_understood(toml):
    portal = load(toml(DOCUMENTED), {}).settings.portal
    assert portal == Portal(
        site_id="portal",
        tools=("pets", "prospects"),
        projects={
            "pets": Project(
                downloads=Path("/srv/releases/pets"), git="https://git.example.org/group/pets.git"
            ),
            "prospects-2.0": Project(
                downloads="https://host.example:8443/path/{version}/{asset}?raw=1"
            ),
        },
    )


def test_an_empty_table_turns_the_portal_on(toml):
    assert load(toml("[portal]"), {}).settings.portal == Portal()


def test_a_variable_of_the_table_turns_it_on_and_wins_over_the_file(toml):
    assert load(None, {"MALLARD_PORTAL_TOOLS": "a, b"}).settings.portal == Portal(tools=("a", "b"))
    loaded = load(toml(DOCUMENTED), {"MALLARD_PORTAL_SITE_ID": "software"})
    assert loaded.settings.portal is not None
    assert loaded.settings.portal.site_id == "software"
    assert loaded.settings.portal.tools == ("pets", "prospects")
    assert loaded.origins["portal.site_id"] == "environment"
    assert loaded.origins["portal.tools"] == "file"
    assert loaded.warnings == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[portal]\nsite = "x"', "'portal.site': unknown key"),
        ('[portal]\nsite = "x"', '"portal.site_id"'),
        ('[portal]\nsite_id = "a b"', "portal.site_id: expected site ids"),
        ('[portal]\ntools = "pets"', "portal.tools: expected a list of texts"),
        ('[portal]\ntools = ["a/b"]', "portal.tools: expected a name"),
        ('portal = "on"', "portal: expected a table, [portal]"),
        ("[portal.projects]\npets = 1", "portal.projects.pets: expected a table"),
        ("[portal.projects.pets]", "'portal.projects.pets': expected downloads or git"),
        ('[portal.projects."a b"]\ngit = "https://a/b"', "'portal.projects.a b': expected a name"),
        ('[portal.projects."../x"]\ngit = "https://a/b"', "'portal.projects.../x': expected"),
        ('[portal.projects.pets]\ngti = "https://a/b"', '"portal.projects.pets.git"'),
        ('[portal.projects.pets]\ngit = "git@host:pets"', "portal.projects.pets.git: expected an"),
        ('[portal.projects.pets]\ngit = "file:///srv/pets"', "portal.projects.pets.git: expected"),
        ('[portal.projects.pets]\ngit = "https://me:secret@a/b"', "without a name or query"),
        ('[portal.projects.pets]\ngit = "https://a/b?c=d"', "portal.projects.pets.git: expected"),
        ('[portal.projects.pets]\ndownloads = "https://a/{version}"', "with both of these"),
        ('[portal.projects.pets]\ndownloads = "https://{asset}/{version}"', "after the host"),
        ('[portal.projects.pets]\ndownloads = "ftp://a/{version}/{asset}"', "downloads: expected"),
        ('[portal.projects.pets]\ndownloads = "https://a/{version}/{asset} "', "downloads: exp"),
        ('[portal]\nredirect_hosts = ["https://a"]', "portal.redirect_hosts: expected"),
        ("[portal]\nmax_concurrent_clones = 0", "a whole number from 1 to 256"),
    ],
)
def test_a_mistake_is_named_in_one_line(toml, text: str, said: str):
    with pytest.raises(SettingsError) as caught:
        load(toml(text), {})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "mallard.toml" in str(caught.value)


def test_hosts_of_redirects_are_hosts_with_a_port_where_it_is_another(toml):
    path = toml('[portal]\nredirect_hosts = ["Files.example", "b.example:443", "c.example:444"]')
    portal = load(path, {}).settings.portal
    assert portal is not None
    assert portal.redirect_hosts == ("files.example", "b.example", "c.example:444")
