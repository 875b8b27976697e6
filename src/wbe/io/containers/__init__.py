"""Spreadsheets, archives and Parquet, opened with a bound on what they may grow to."""
