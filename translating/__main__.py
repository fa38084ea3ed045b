"""Brings the catalogues in step with the code, and says which texts are still to be told."""

from __future__ import annotations

import sys

from translating.texts import CATALOGUES, OTHERS, compiled, missing, renewed, spelt


def main() -> int:
    """Writes every catalogue anew; 1 where some texts have no translation."""
    lacks = 0
    for language in OTHERS:
        found = renewed(language)
        (CATALOGUES / f"{language}.po").write_bytes(spelt(found))
        (CATALOGUES / f"{language}.mo").write_bytes(compiled(found))
        for text in missing(found):
            lacks += 1
            print(f"{language}.po has nothing for: {text}", file=sys.stderr)
    return 1 if lacks else 0


if __name__ == "__main__":
    sys.exit(main())
