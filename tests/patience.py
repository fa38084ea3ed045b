"""How long tests wait for what must come."""

PATIENCE_SECS = 300
"""Long enough for the slowest machine under the heaviest load; only what is broken waits so long.

What a test says about time it says by counting what happened meanwhile, never in seconds.
"""
