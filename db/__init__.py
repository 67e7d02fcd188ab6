"""Rows, stores and migrations: what is remembered. Rows never leave this package."""
