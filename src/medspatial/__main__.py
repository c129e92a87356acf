"""``python -m medspatial``: the command line without its script on the path."""

from medspatial.cli.app import main

if __name__ == "__main__":
    main()
