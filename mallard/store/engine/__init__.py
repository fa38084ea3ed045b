"""DuckDB itself: the file is opened, brought to the current schema, and never takes too much.

Promises a connection to whoever reads or writes, in bounded memory and time, in a directory that no
other process uses. It knows neither events nor days. Everyone in the store may come in. Read
`database`, then `migrations` and `copies`, `deadlines`, `memory` and `allocator`; `directory` and
`scratch` are the folder around it.
"""
