"""Pictures of the pages, taken by a real browser of invented visits; for developers only."""
