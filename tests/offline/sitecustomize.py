"""Python imports this at its start where the folder is in PYTHONPATH: the guard comes first."""

import netguard

netguard.install()
