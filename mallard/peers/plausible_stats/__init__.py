"""Plausible's Stats API, the first version and the second: its questions as ours, and back.

What its dimensions and figures are called is in `words`, how conditions become ours in `goals`,
`filters_v1` and `filters_v2`, and `figures` asks for them.
"""
