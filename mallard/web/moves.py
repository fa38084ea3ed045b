"""Renaming and merging sites, whoever asks for it: a page or a program."""

from __future__ import annotations

from mallard.register.aliases import BadAlias
from mallard.reports.query import is_site_id
from mallard.texts.said import said
from mallard.web.state import parts


def rename(site: str, target: str) -> None:
    """Gives a site another id. Raises BadAlias, NotDone, OSError.

    Who is limited to it goes with it; into a site that it is merged into, nobody does.
    """
    _insist_on_id(target)
    _insist_on_no_portal(site)
    parts().rename(site, target)
    parts().accounts.people.rename_site(site, target)
    parts().access.keys.rename_site(site, target)


def merge(site: str, target: str) -> None:
    """Makes all that a site has another one's. Raises BadAlias, NotDone, OSError."""
    _insist_on_id(target)
    _insist_on_no_portal(site)
    if target not in parts().known_sites():
        raise BadAlias(said("there is no site %(site)s", site=target))
    parts().merge(site, target)


def _insist_on_id(text: str) -> None:
    if not is_site_id(text):
        raise BadAlias(
            said(
                "%(text)s may not be an id of a site: ASCII letters, digits and . - _ :",
                text=repr(text),
            )
        )


def _insist_on_no_portal(site: str) -> None:
    portal = parts().settings.portal
    if portal is not None and portal.site_id == site:
        raise BadAlias(
            said(
                "%(site)s is what [portal] records; name another site in the settings first",
                site=site,
            )
        )
