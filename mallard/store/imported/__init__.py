"""Figures of days that other products have exported: plain Parquet beside the events.

    imported/site_id=S/NNNN-<16 hex>-<8 hex>.parquet

Promises that an import counts as a whole or not at all, that no day counts twice, and that a file
stays as long as somebody reads it. Read `layout` (the columns), then `days` (what there is).
"""
