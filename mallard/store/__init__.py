"""Keeping: the hot table, the Parquet tree and what looks after them."""
