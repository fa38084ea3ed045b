"""One of several servers: what it has collected is handed to the others, and theirs taken in.

PostgreSQL keeps the list of files (`catalog`), the shared storage the files, each written once and
never changed: a directory or a bucket (`storage`, `bucket`). `publishing` adds a node's batches, by
a process of its own (`lake`, `lake_process`); `following` takes those of the others into the node's
own store, where all reports read. What one node erases is noted for all (`erasures`), and done by
each in its own directory (`erasing`), and by one of them in the shared files (`cleaning`,
`shared_files`). Salts of visitor ids are made once and handed on (`shared_salts`), sealed
(`sealing`). What people decide is in the record (`documents`), and each node has a copy
(`shared_register`); who is signed in is so at all of them (`shared_sessions`), and guesses are
counted once (`shared_attempts`). `adopting` takes over what a server alone has, `giving_back` makes
a directory of the shared files. `node` runs all that; `joining` says who may.
Nothing of this room is loaded where the settings have no [cluster].
"""
