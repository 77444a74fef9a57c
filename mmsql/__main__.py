"""``python -m mmsql``: the command line."""

from mmsql.cli import main

if __name__ == "__main__":
    main()
