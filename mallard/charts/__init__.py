"""Chart arithmetic: from rows to geometry."""
