"""Benchmarks: what an event costs, each held against a peer or a bare floor on the same machine."""
