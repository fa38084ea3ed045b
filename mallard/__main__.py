"""`python -m mallard` is the command `mallard`."""

from mallard.cli import main

if __name__ == "__main__":
    main(prog_name="mallard")
