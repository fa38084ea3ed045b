"""Reporting: one module per report, each its SQL, a row type and one function."""
