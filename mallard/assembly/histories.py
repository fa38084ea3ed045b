"""Makes what takes in histories that are uploaded; their readers are loaded when one comes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mallard.assembly.given import Given
from mallard.register.sites import Sites
from mallard.store.engine.scratch import Scratch
from mallard.transfer.instance import Instance
from mallard.transfer.uploads import Upload, Uploads

if TYPE_CHECKING:
    from mallard.transfer.histories.told import Judge, Told
    from mallard.transfer.uploaded import Importer


def make_uploads(given: Given, scratch: Scratch, instance: Instance, sites: Sites) -> Uploads:
    """The one upload that there may be."""

    @cache
    def importer() -> Importer:
        from mallard.transfer.uploaded import Importer

        return Importer(
            instance, lambda site, trial: told_of(given, sites, site, trial), given.clock
        )

    def try_out(upload: Upload) -> None:
        importer().try_out(upload)

    def bring_in(upload: Upload) -> None:
        importer().bring_in(upload)

    return Uploads(scratch, given.timer, try_out, bring_in)


def told_of(given: Given, sites: Sites, site_id: str, is_trial: bool) -> Told:
    """What is told of the rows of a site's history."""
    from mallard.assembly.judging import make_judge
    from mallard.transfer.histories.told import Told

    def judge() -> Judge:
        return make_judge(given.settings, sites, given.clock, is_trial)

    return Told(site_id, {}, sites, cache(judge))
