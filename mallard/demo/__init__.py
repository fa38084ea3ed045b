"""Invented visitors of two sites, to look around in: believable, and the same for a same seed."""

from mallard.demo.replay import fill

__all__ = ["fill"]
