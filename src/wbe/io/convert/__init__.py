"""One laboratory's layout turned into another's, with nothing lost on the way."""
