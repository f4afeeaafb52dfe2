"""Nothing is unpickled, and no text is executed: rules for every source file."""

import ast

import pytest

from tests.helpers import ROOT

SOURCES = [
    path
    for folder in ("lifelong", "app", "spaces", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "jsonpickle", "joblib"}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
CALLS = {
    "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "torch.hub.load",
    "pandas.read_pickle", "pd.read_pickle",
}  # fmt: skip


def forbidden(source: str) -> list[str]:
    """Returns what a source file must not have, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module).split(".")[0]]
        found += [f"line {node.lineno}: {name}" for name in names if name in MODULES]
        if isinstance(node, ast.Call):
            called, given = ast.unparse(node.func), {k.arg: k.value for k in node.keywords}
            wrong = called in BUILT_IN | CALLS
            wrong |= called == "torch.load" and not _is(given.get("weights_only"), True)
            wrong |= called in ("np.load", "numpy.load") and _is(given.get("allow_pickle"), True)
            wrong |= "shell" in given and not _is(given["shell"], False)
            found += [f"line {node.lineno}: {called}"] if wrong else []
    return found


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from dill import loads",
        "import torch\ntorch.load('x')",
        "torch.load(f, weights_only=False)",
        "eval('1')",
        "subprocess.run('ls', shell=True)",
        "np.load(f, allow_pickle=True)",
        "yaml.load(f)",
    ],
)
def test_what_is_forbidden_is_found(source):
    assert forbidden(source)


def test_what_is_allowed_is_not():
    allowed = "torch.load(f, weights_only=True)\nyaml.safe_load(f)\nnp.load(f)\nmodel.eval()"
    assert forbidden(allowed + "\nre.compile('x')\nsubprocess.run(['ls'], shell=False)") == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_unpickles_and_executes_nothing(path):
    assert forbidden(path.read_text("utf-8")) == []
