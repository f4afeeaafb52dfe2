"""The command line: commands, options, progress bars."""
