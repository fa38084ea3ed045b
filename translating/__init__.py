"""Keeps the catalogues of texts in step with the code: `python -m translating`."""
