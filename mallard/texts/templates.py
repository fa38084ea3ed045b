"""Templates mark their texts by `{% trans %}` and `_()`."""

from __future__ import annotations

import jinja2

from mallard.texts.catalogue import _, plural


def mark(environment: jinja2.Environment) -> None:
    """Lets the templates of an environment tell everything in the reader's language."""
    # Lines that a long text is broken into in a template are none of the text.
    environment.policies["ext.i18n.trimmed"] = True
    environment.add_extension("jinja2.ext.i18n")
    # The extension has given the environment this method, of which its type does not know.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _, plural, newstyle=False
    )
    environment.globals["_"] = _
