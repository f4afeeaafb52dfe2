"""The Learn page: what forgetting is and what helps, in five steps."""
