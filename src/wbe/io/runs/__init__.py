"""Folders of finished runs, joined into one series."""
