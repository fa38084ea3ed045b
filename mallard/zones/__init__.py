"""Time zones: when the days and hours of a place begin, in Python and in SQL."""
