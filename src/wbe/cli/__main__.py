"""``python -m wbe.cli``: the command line."""

from wbe.cli import main

if __name__ == "__main__":
    main()
