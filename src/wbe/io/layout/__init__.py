"""What the columns of one laboratory's files are called, and how that is applied."""
