"""How days go: nobody sees half of it, and what was begun is finished, come what may.

Promises that what `delete_days` was asked for is gone from reports at one moment, and from the disk
soon after, however often the process is killed. Erasure, retention and the flusher come in, and
`app` at a start. Read `days`, then `intents` (what is on record first) and `remnants` (what deleted
rows leave behind).
"""
