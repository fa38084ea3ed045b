"""What Mallard tells about itself: how long things take, and figures read when asked for."""

from mallard.metrics.durations import Durations, Metrics

__all__ = ["Durations", "Metrics"]
