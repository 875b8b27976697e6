"""Mutations of good files: each must end in findings or in exactly what the file says.

``make fuzz N=20000`` runs them; ``python -m fuzz --help`` (with ``tests`` on the path) says how one
case is replayed.
"""
