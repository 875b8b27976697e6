"""Methods that nobody has published or reviewed yet: they may change or move at any release."""
