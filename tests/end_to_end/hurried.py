"""`python -m tests.end_to_end.hurried`: Mallard, which looks at once what there is to tell."""

from __future__ import annotations

from mallard.assembly import alerting, telling
from mallard.cli import main

AT_ONCE_SECS = 0.1
LONG = ((telling, "LOOK_SECS"), (alerting, "LOOK_SECS"), (alerting, "SEND_SECS"))

if __name__ == "__main__":
    for module, name in LONG:
        setattr(module, name, AT_ONCE_SECS)
    main(prog_name="mallard")
