"""What runs beside: days become one file and get their figures, leftovers are cleared away.

Promises that nobody waits for it, and that what it gives up half-way has changed nothing. It does
to a store what `tended` lists. `app` starts it; nobody else comes in, but commands that have a day
put in order now. Read `days` (what is due, and when), then `compaction` and `building`;
`housekeeping` runs a table of small tasks.
"""
