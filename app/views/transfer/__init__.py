"""The page of transfer studies."""
