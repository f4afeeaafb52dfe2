"""Command `import`."""

import json

from tests.result_files import avalanche, mammoth


def test_the_command(tmp_path, cli):
    status, out, _ = cli("import", mammoth(tmp_path, seeds=(0, 1)))
    assert status == 0 and out.startswith("2 runs imported: mnist-class-derpp-")
    status, _, err = cli("import", avalanche(tmp_path))
    assert status == 2 and "give --strategy" in err
    status, out, _ = cli("runs", "--json")
    assert [row["program"] for row in json.loads(out)[:2]] == ["Mammoth", "Mammoth"]
