"""Collecting: the steps from a request to an event in the journal."""
