"""The tree of Parquet files: which file holds what, how files come, are replaced, and go.

Promises that a file, once published, is whole and names its batches; that none goes while a report
reads it; and that one that cannot be read costs only itself. Everyone in the store above may come
in. Read `partitions` (where files lie), `cold` (which ones count), `writing`, `footers` (what a
file says of itself), `columns` and `statements` (the SQL over files and the hot table);
`shell_view` is for a DuckDB shell.
"""
