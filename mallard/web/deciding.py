"""Puts what somebody decides about a site in its place, whoever asks: a program or a form."""

from __future__ import annotations

from msgspec import structs

from mallard.auth.roles import Role
from mallard.register.aliases import BadAlias
from mallard.register.site import Site
from mallard.register.sites import Entry
from mallard.texts.said import said
from mallard.web.client import public_address
from mallard.web.guards import may
from mallard.web.state import parts, whole


def decide(site_id: str, site: Site, version: str | None) -> Entry:
    """Puts a document in the place of that version, None for none; sees that aliases are free.

    Raises BadAlias, Changed, BadDocument, OSError.
    """
    there = parts().register.of(site_id).aliases
    new = set(site.aliases).difference(there)
    if parts().only is not None and set(site.aliases) != set(there):
        # What comes by a name is told to whoever has the alias.
        raise BadAlias(said("aliases: only who sees all sites may change them"))
    if site.reports or site.alerts:
        note_address()
    if taken := sorted(new.intersection(whole().sites())):
        raise BadAlias(
            said(
                "aliases: %(name)s is a site with events, which can be merged", name=repr(taken[0])
            )
        )
    return parts().register.replace(site_id, site, version)


def note_address() -> None:
    """Notes where an Owner has reached this Mallard, as links in mails lead there.

    Nobody else is believed: a program names the host that it asks as it likes, and the links of
    every site's mails, and of invitations, would lead there.
    """
    is_settled = parts().settings.dashboard_origin is not None or parts().access.is_open
    if not is_settled and may(Role.OWNER):
        here = public_address()
        parts().notebook.change(lambda book: structs.replace(book, address=here))
