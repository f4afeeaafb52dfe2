"""Data sets that people bring: read, checked, shown before they are used, and stored."""
