"""Flags for results, flows, people and names that do not fit together."""
