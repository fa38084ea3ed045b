"""Mallard: self-hosted web analytics that respects visitors."""

__version__ = "1.0.0"
