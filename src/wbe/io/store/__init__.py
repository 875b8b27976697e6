"""One database that keeps the results of many runs."""
