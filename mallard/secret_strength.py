"""What a secret must be like to protect anybody."""

from __future__ import annotations

SHORTEST = 16
FEWEST_CHARACTERS = 6
WANTED = f"{SHORTEST} random characters or more, {FEWEST_CHARACTERS} of them different"


def is_weak(secret: str) -> bool:
    """Whether a secret could be guessed, or is none: too short, a row of one sign, NULs."""
    is_short = len(secret) < SHORTEST or len(set(secret)) < FEWEST_CHARACTERS
    return is_short or any(ord(character) < 32 for character in secret)
