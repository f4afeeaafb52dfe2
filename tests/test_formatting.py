"""Numbers as people read them."""

from lifelong.formatting import size


def test_sizes_are_written_as_people_read_them():
    assert [size(n) for n in (12, 999, 1000, 784_000, 3_826_000)] == [
        "12 bytes",
        "999 bytes",
        "1 kB",
        "784 kB",
        "3.8 MB",
    ]
