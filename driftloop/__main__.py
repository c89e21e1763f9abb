"""``python -m driftloop`` is the command line, as the command ``driftloop`` is."""

from driftloop.cli.main import main

if __name__ == "__main__":
    main()
