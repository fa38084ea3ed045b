"""An alert as a mail: a short text that says what happened, and why it is told."""

from __future__ import annotations

from urllib.parse import urlencode

from mallard.mail.letters import Letter
from mallard.notices.book import Alarm
from mallard.texts.catalogue import _


def alarm_letter(to: str, name: str, alarm: Alarm, base: str) -> Letter:
    """The mail to one recipient; `name` is the site's, or the instance's."""
    again = _("You hear of it again when it has cleared and comes back.")
    text = f"{name}: {alarm.alert}\n\n{alarm.text}\n\n{again}\n"
    if base and alarm.site:
        text += f"\n{base}/?{urlencode({'site_id': alarm.site})}\n"
    return Letter(to, f"{name}: {alarm.alert}", text)
