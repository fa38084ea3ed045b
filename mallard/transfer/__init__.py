"""Carrying all data out and in: export and import of events, backup and restore."""
