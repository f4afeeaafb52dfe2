"""The page of data sets that people bring."""
