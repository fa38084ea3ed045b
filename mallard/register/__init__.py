"""What operators decided, as one document for each site.

A `Register` keeps documents with versions; `files` is the one that there is by default. `sites` is
what everyone else asks: the documents as they were understood, in memory. No caller knows of files.
"""
