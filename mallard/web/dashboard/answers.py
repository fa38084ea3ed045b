"""What a behaviour panel says: a result, or why there is none, without failing the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import duckdb
import structlog

from mallard.model import Unavailable
from mallard.reports.arguments import BadQuery
from mallard.reports.desk import TooBusy
from mallard.texts.catalogue import N_, sentence
from mallard.web.dashboard.suggestions import Suggestion
from mallard.web.dashboard.view import View

log = structlog.get_logger("mallard.web.dashboard.answers")

T = TypeVar("T")
Suggest = Callable[[View], Sequence[Suggestion]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no result; `status` is the panel's own, the page around it stays well.

    What `may_pass` is worth another try; the rest is for the reader to correct.
    """

    status: int
    text: str
    may_pass: bool = True


BUSY = Problem(
    429, N_("Other reports of this kind are still running. Please try again in a moment.")
)
OUT_OF_MEMORY = Problem(503, N_("This needs more memory than there is. Please choose fewer days."))


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A result, a problem, or neither as long as nothing is asked; and what the form suggests."""

    result: T | None = None
    suggestions: Sequence[Suggestion] = ()
    problem: Problem | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the panel when it stands alone."""
        return self.problem.status if self.problem else 200


def no_suggestions(_: View) -> Sequence[Suggestion]:
    """For a panel whose form needs none."""
    return ()


def answered(
    report: Callable[[View], T | None], suggest: Suggest = no_suggestions
) -> Callable[[View], Answer[T]]:
    """A report whose failures become a Problem inside of its panel."""

    def answer(view: View) -> Answer[T]:
        suggestions: Sequence[Suggestion] = ()
        try:
            suggestions = suggest(view)
            return Answer(report(view), suggestions)
        except BadQuery as error:
            return Answer(None, suggestions, Problem(400, sentence(error), may_pass=False))
        except TooBusy:
            return Answer(None, suggestions, BUSY)
        except Unavailable as error:
            log.warning("A report could not be had", panel=report.__name__, reason=str(error))
            return Answer(None, suggestions, Problem(503, sentence(error)))
        except duckdb.OutOfMemoryException as error:
            log.warning("A report needed too much memory", panel=report.__name__, error=str(error))
            return Answer(None, suggestions, OUT_OF_MEMORY)

    return answer
