"""Examples, tasks and scenarios, augmentation, image files."""
