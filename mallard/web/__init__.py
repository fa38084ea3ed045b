"""Showing: the JSON API and the dashboard."""
