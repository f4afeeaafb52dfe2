"""Scripts that measure speed and accuracy and make the runs and files that ship."""
