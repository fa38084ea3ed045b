"""Shared links: who has one sees its site's figures, by the dashboard's own pages and panels."""
