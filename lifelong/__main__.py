"""Entry point of `python -m lifelong`."""

import sys

from .cli import interrupt


def main() -> int:
    """Runs the command line; an interrupted command ends with status 130, whatever it was doing."""
    interrupt.handle_signals()
    try:
        from .cli.commands import main  # torch-sized imports: signals are handled by now

        return main()
    except KeyboardInterrupt:
        print(interrupt.SENTENCE, file=sys.stderr)
        return interrupt.STATUS
    finally:
        interrupt.ignore_signals()


if __name__ == "__main__":
    sys.exit(main())
