"""The document about sweeps has the figures that were measured."""

import json

from benchmarks import cluster


def test_the_document_has_the_figures_of_the_results():
    report = json.loads(cluster.FILE.read_text())
    assert cluster.PAGE.read_text("utf-8").endswith(cluster.document(report))
    assert len({sweep["digest"] for sweep in report["sweeps"]}) == 1
