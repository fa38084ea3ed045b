"""Builds what serves requests from the parts: above both, so that neither imports the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from mallard.app import Mallard
from mallard.auth.lockout import Lockout
from mallard.auth.metrics_token import MetricsToken
from mallard.config.peers import Peers
from mallard.erasure import erase_site
from mallard.health import health, reading
from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.batches import Batches
from mallard.ingest.collect import Collector
from mallard.metrics.exposition import Exposition
from mallard.web.api.openapi import describe, document
from mallard.web.api.openapi.schemas import Json
from mallard.web.base_path import BasePath
from mallard.web.blueprints import BLUEPRINTS
from mallard.web.client import came_by_https
from mallard.web.factory import create_flask_app
from mallard.web.front_door import FrontDoor
from mallard.web.rooms import Room
from mallard.web.script_loads import ScriptLoads
from mallard.web.state import Parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from mallard.peers.names import Named


def application(mallard: Mallard) -> WSGIApplication:
    """The whole as one WSGI application."""
    proxies = mallard.proxies
    mallard.telling.alerting.state = lambda: health(mallard)
    rooms = list(_rooms(mallard, proxies))
    return FrontDoor(
        _collector(mallard, proxies),
        create_flask_app(parts_of(mallard, proxies, rooms), rooms),
        lambda environ: mallard.settings.secure_cookies or came_by_https(environ, proxies),
        mallard.metrics,
        BasePath(mallard.settings.base_path, proxies),
    )


def _rooms(mallard: Mallard, proxies: TrustedProxies) -> Iterator[Room]:
    """What the settings name; nothing of the others is loaded."""
    if mallard.recorder is not None and mallard.settings.portal is not None:
        from mallard.web.portal import room

        yield room.of(mallard.settings.portal, mallard.recorder, mallard.intake.tally.add, proxies)
    if mallard.settings.oidc is not None and mallard.settings.oidc.is_named:
        from mallard.oidc.provider import Provider
        from mallard.web import oidc

        yield oidc.room_of(Provider(mallard.settings.oidc, mallard.clock, mallard.timer))
    if mallard.telling.post is not None:
        from mallard.web.mail import room as mail_room

        yield mail_room.of(mallard.telling.post)
    yield from _peers(mallard, proxies)


def _peers(mallard: Mallard, proxies: TrustedProxies) -> Iterator[Room]:
    """What stands in other products' places."""
    settings = mallard.settings
    peers = settings.peers or Peers()
    if settings.umami is not None or peers.umami:
        from mallard.peers.umami import Umami
        from mallard.web.peers import umami

        named = _website(mallard)
        trusts_machines = settings.umami is not None
        yield umami.room_of(Umami(mallard.intake, proxies, named, trusts_machines), peers.umami)
    if peers.umami:
        from mallard.web.peers import umami_reading

        yield umami_reading.room_of(_website(mallard))
    if peers.goatcounter:
        from mallard.peers.goatcounter import GoatCounter
        from mallard.web.peers import goatcounter

        counter = GoatCounter(
            mallard.intake, proxies, mallard.sites.named, lambda: _known_sites(mallard)
        )
        yield goatcounter.room_of(counter)
    if peers.plausible:
        from mallard.web.peers import plausible, plausible_stats

        yield plausible.room_of(mallard.sites.named)
        yield plausible_stats.room()


def _website(mallard: Mallard) -> Named:
    """What tells the site of a website of Umami's."""
    umami = mallard.settings.umami
    websites = {name.lower(): site for name, site in umami.websites.items()} if umami else {}
    named = mallard.sites.named
    return lambda name: websites.get(name.lower()) or named(name) or named(name.lower())


def _collector(mallard: Mallard, proxies: TrustedProxies) -> Collector:
    peers = mallard.settings.peers
    if peers is None or not peers.plausible:
        return Collector(mallard.intake, proxies)
    from mallard.peers.plausible import PlausibleCollector

    return PlausibleCollector(mallard.intake, proxies)


def parts_of(mallard: Mallard, proxies: TrustedProxies, rooms: Iterable[Room] = ()) -> Parts:
    """What the routes may see of an instance."""
    exposition = Exposition(mallard.metrics, lambda: reading(mallard))
    return Parts(
        settings=mallard.settings,
        access=mallard.access,
        accounts=mallard.accounts,
        metrics_token=_metrics_token(mallard),
        proxies=proxies,
        reports=mallard.reports,
        sites=lambda: _sites(mallard),
        figures_of_sites=mallard.store.figures_of_sites,
        instance=mallard.instance,
        first_days=mallard.store.first_days,
        register=mallard.sites,
        hear=mallard.node.register.hear if mallard.node else lambda: None,
        servers=lambda: mallard.node.servers if mallard.node else 1,
        notebook=mallard.telling.notebook,
        send_invitation=mallard.telling.post.office.invite if mallard.telling.post else None,
        alerts=lambda: mallard.telling.alerting.alerts,
        now=mallard.clock,
        timer=mallard.timer,
        is_ready=mallard.store.is_ready,
        health=lambda: health(mallard),
        trouble=lambda: mallard.flusher.trouble,
        metrics_text=exposition.text,
        erase=mallard.erasure.erase,
        erase_site=partial(erase_site, mallard.erasure, mallard.sites),
        rename=mallard.history.rename,
        merge=mallard.history.merge,
        preview=mallard.intake.preview,
        ignore_query=mallard.intake.ignore_query,
        take_batch=Batches(mallard.intake, proxies).take,
        about_to_go=lambda: mallard.retention.unusual,
        locations=mallard.locations,
        event_counts=lambda: mallard.counts.of_last_days(mallard.clock().date()),
        refusals=mallard.intake.refusals,
        script_loads=ScriptLoads(mallard.clock),
        uploads=mallard.uploads,
        export_days=mallard.transfer.export_days,
        export_events=mallard.transfer.export,
        description=_description(rooms),
    )


def _metrics_token(mallard: Mallard) -> MetricsToken:
    # A lockout of its own: whoever guesses here keeps nobody from logging in.
    settings = mallard.settings
    lockout = Lockout(
        settings.max_login_attempts,
        settings.login_lockout_secs,
        mallard.clock,
        is_shared=mallard.proxies.trusts,
    )
    return MetricsToken(settings.metrics_token, lockout, mallard.clock)


def _description(rooms: Iterable[Room]) -> Callable[[], Json]:
    """What describes the API, with the routes of rooms."""
    more = [blueprint for room in rooms for blueprint in room.blueprints]
    return cache(lambda: describe((*BLUEPRINTS, *more))) if more else document


def _known_sites(mallard: Mallard) -> list[str]:
    return sorted({*mallard.store.sites_with_figures(), *mallard.sites.ids()})


def _sites(mallard: Mallard) -> list[str]:
    mallard.flusher.bring_in(mallard.settings.query_timeout_secs)
    # Of a former site there are events until all of them have been moved.
    stored = mallard.store.sites_with_figures()
    return [site for site in stored if mallard.sites.site_behind(site) == site]
