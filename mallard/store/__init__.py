"""Keeping: what was accepted is stored exactly once, and reports read one moment of it.

Rooms, from the ground up; each may import those before it:

- `engine`: DuckDB itself.
- `parquet`: the tree of files, and the SQL over them and the hot table.
- `rollups`: figures of days.
- this floor: `store` (batches in, moments out), read it first; `queries`, `snapshots` and `heavy`
  run reports; `recovery` is what a start does; `imports` and `copying` are for transfers.
- `upkeep`: what runs beside; `deletion`: how days go.

Reports see `reader.Reader` and `rollups.declared.Rollup`; upkeep sees `upkeep.tended.Tended`. Who
starts, fills and empties the store (`app`, `ingest.flusher`, `transfer`, `erasure`, `retention`)
sees `store.Store`.
"""
