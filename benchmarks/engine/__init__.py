"""What `engine_cost.py` is made of."""
