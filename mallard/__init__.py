"""Mallard: self-hosted web analytics that respects visitors."""

__version__ = "0.1.0"
