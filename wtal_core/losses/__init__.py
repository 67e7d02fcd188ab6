"""Losses that two or more methods share."""
