"""What is done with an upload: the same as `mallard import` does with files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from mallard.texts.said import Grouped, Said, said, within
from mallard.transfer.day_figures.bringing import DayJob, bring_in
from mallard.transfer.finding import found_in
from mallard.transfer.histories.opening import Job
from mallard.transfer.histories.told import Told
from mallard.transfer.importing import import_source
from mallard.transfer.instance import Instance
from mallard.transfer.previewing import preview
from mallard.transfer.sources import Source, Unreadable
from mallard.transfer.telling import tell_brought, tell_made, tell_outcome, tell_preview
from mallard.transfer.uploads import Upload

ToldOf = Callable[[str, bool], Told]
"""What is told of the rows for a site; whether it is a trial."""


class Importer:
    """Reads uploads on trial and imports them."""

    def __init__(self, instance: Instance, told_of: ToldOf, clock: Callable[[], datetime]) -> None:
        self._instance = instance
        self._told_of = told_of
        self._clock = clock

    def try_out(self, upload: Upload) -> None:
        """Finds out what would come in. Raises Unreadable where a file is none that is known."""
        for job in self._jobs(upload, is_trial=True):
            if isinstance(job, DayJob):
                with job.made(self._clock(), _complaining(upload, job), upload.directory) as made:
                    upload.lines += _named(job, tell_made(made, job.lacks))
            else:
                with job.opened() as (source, _):
                    seen = preview(source, self._clock(), _complaining(upload, job))
                upload.lines += _named(job, tell_preview(seen, job.lacks))

    def bring_in(self, upload: Upload) -> None:
        """Imports it. Raises MallardError; what was done before is done, and not done again."""
        jobs = self._jobs(upload, is_trial=False)
        for number, job in enumerate(jobs):
            if isinstance(job, DayJob):
                with job.made(self._clock(), _complaining(upload, job), upload.directory) as made:
                    brought = bring_in(made, job.known_by(), self._instance, again=False)
                    upload.lines += _named(job, [tell_brought(brought, made)])
            else:
                self._import(upload, job, number / len(jobs), 1 / len(jobs))
            upload.done = (number + 1) / len(jobs)

    def _import(self, upload: Upload, job: Job, before: float, share: float) -> None:
        with job.opened() as (source, known_by):

            def note() -> None:
                upload.insist_on_room()
                upload.done = before + share * _part_read(source)

            complain = _complaining(upload, job)
            outcome = import_source(source, known_by, self._instance, self._clock(), complain, note)
        upload.lines += _named(job, [tell_outcome(outcome)])

    def _jobs(self, upload: Upload, is_trial: bool) -> list[Job | DayJob]:
        told = self._told_of(upload.site_id, is_trial)
        jobs: list[Job | DayJob] = []
        for found in found_in(upload.paths, None, told):
            if isinstance(found, Unreadable):
                raise found
            jobs.append(found)
        return jobs


def _complaining(upload: Upload, job: Job | DayJob) -> Callable[[int, str], None]:
    return lambda number, why: upload.complain(
        said(
            "%(file)s, line %(number)s: %(why)s",
            file=job.path.name,
            number=Grouped(number),
            why=why,
        )
    )


def _named(job: Job | DayJob, lines: Iterable[Said]) -> list[Said]:
    return [within(job.path.name, line) for line in lines]


def _part_read(source: Source) -> float:
    with suppress(ValueError, ZeroDivisionError):
        return min(1.0, source.position() / source.length)
    return 0.0
