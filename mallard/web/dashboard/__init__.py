"""The pages and panels of the dashboard."""

from mallard.web.dashboard.routes import blueprint

__all__ = ["blueprint"]
