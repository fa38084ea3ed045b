"""Figures of days that other products export instead of events: read, checked, made one file.

Each product has a module that tells the rows of its export; `making` adds them up in a Parquet file
of the layout in `store/imported`, and `bringing` hands that over. Read `rows`, then `kinds`.
"""
