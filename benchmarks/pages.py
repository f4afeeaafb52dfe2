"""Parts of the pages that benchmarks write."""


def page_section(title: str, text: str, table: str) -> str:
    """Returns a section of a page: what was measured, and the table."""
    return "\n".join([f"## {title}\n", f"{text}\n", table, ""])
