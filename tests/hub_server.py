"""Stand-in of the Hugging Face Hub: the part of its HTTP API that a run needs.

Repositories with commits, files by LFS, tokens, and failures on demand.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lifelong.storage import hub_requests
from tests.sample_files import go_online

TOKEN = "hf_of_ann"
BY_LFS = (".safetensors", ".png")


@dataclass
class Repository:
    """A repository. commits: files by name, by commit; main: the newest commit."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    main: str = ""

    def add(self, files: dict[str, bytes]) -> str:
        """Adds a commit with exactly these files; returns it."""
        names = json.dumps([self.main, sorted((n, _sha256(c)) for n, c in files.items())])
        self.main = hashlib.sha1(names.encode(), usedforsecurity=False).hexdigest()
        self.commits[self.main] = dict(files)
        return self.main

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the newest commit."""
        return self.commits[self.main]

    def commit_of(self, revision: str) -> str | None:
        """Returns the commit of a revision, None for an unknown one."""
        return self.main if revision == "main" else revision if revision in self.commits else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Hub:
    """The state of the stand-in.

    failures: for a part of a path, the states to answer with first. requests: method and path of
    all that came. lies: files that are served with another content than is listed. cuts: files
    of which only a half arrives, so many times.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.failures: dict[str, list[int]] = {}
        self.requests: list[str] = []
        self.tokens: list[str | None] = []
        self.lies: dict[str, bytes] = {}
        self.cuts: dict[str, int] = {}
        self.url = ""

    def new(self, name: str, files: dict[str, bytes], private: bool = False) -> Repository:
        """Makes a repository with one commit."""
        self.repositories[name] = Repository(private)
        self.repositories[name].add(files)
        return self.repositories[name]

    def listed(self, files: dict[str, bytes]) -> list[dict[str, Any]]:
        """Returns the list of files as the Hub gives it."""
        rows = []
        for name, content in files.items():
            blob = b"blob %d\0" % len(content) + content
            row: dict[str, Any] = {"rfilename": name, "size": len(content)}
            row["blobId"] = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
            if name.endswith(BY_LFS):
                row["lfs"] = {"sha256": _sha256(content), "size": len(content), "pointerSize": 134}
            rows.append(row)
        return rows


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle(b"")

    def do_HEAD(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_PUT(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self, body: bytes) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path).strip("/")
        hub.requests.append(f"{self.command} {path}")
        authorization = self.headers.get("Authorization", "")
        hub.tokens.append(authorization.removeprefix("Bearer ") or None)
        for part, states in hub.failures.items():
            if part in path and states:
                return self._answer(states.pop(0), {"error": "for a moment"})
        parts = path.split("/")
        if parts[0] == "api":
            return self._api(parts[1:], body)
        if path.endswith("info/lfs/objects/batch"):
            return self._batch(json.loads(body))
        if parts[0] == "lfs":  # addresses of objects are their own keys, as on the Hub
            if self.command == "PUT":
                hub.objects[parts[1]] = body
            return self._send(200, hub.objects[parts[1]] if self.command == "GET" else b"")
        return self._resolve(parts)

    @property
    def _may_write(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _api(self, parts: list[str], body: bytes) -> None:
        if parts == ["validate-yaml"]:
            return self._answer(200, {"warnings": [], "errors": []})
        if self.command == "POST" and not self._may_write:
            return self._answer(401, {"error": "Invalid username or password."})
        if parts == ["repos", "create"]:
            return self._create(json.loads(body))
        name = "/".join(parts[1:3])
        repository = self._visible(name)
        if repository is None:
            return self._missing("RepoNotFound")
        what = parts[3] if len(parts) > 3 else "revision"
        if what == "preupload":
            return self._preupload(repository, json.loads(body))
        if what == "commit":
            return self._commit(name, repository, body)
        commit = repository.commit_of("/".join(parts[4:]) or "main")
        if commit is None:
            return self._missing("RevisionNotFound")
        siblings = self.hub.listed(repository.commits[commit])
        self._answer(200, {"id": name, "sha": commit, "siblings": siblings})

    def _visible(self, name: str) -> Repository | None:
        repository = self.hub.repositories.get(name)
        hidden = repository is not None and repository.private and not self._may_write
        return None if hidden else repository

    def _create(self, given: dict[str, Any]) -> None:
        name = f"{given['organization']}/{given['name']}"
        if given["organization"] != "ann":
            return self._answer(403, {"error": "You don't have the rights"})
        if name in self.hub.repositories:
            return self._answer(409, {"error": "exists", "url": f"{self.hub.url}/{name}"})
        private = given.get("visibility") == "private"
        self.hub.new(name, {".gitattributes": b"*.safetensors filter=lfs\n"}, private)
        self._answer(200, {"url": f"{self.hub.url}/{name}"})

    def _preupload(self, repository: Repository, given: dict[str, Any]) -> None:
        oids = {
            row["rfilename"]: row["lfs"]["sha256"] if "lfs" in row else row["blobId"]
            for row in self.hub.listed(repository.files)
        }
        answers = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(BY_LFS) else "regular",
                "shouldIgnore": False,
                "oid": oids.get(file["path"]),
            }
            for file in given["files"]
        ]
        self._answer(200, {"files": answers})

    def _batch(self, given: dict[str, Any]) -> None:
        if not self._may_write:
            return self._answer(401, {"error": "Unauthorized"})
        objects = []
        for each in given["objects"]:
            found: dict[str, Any] = {"oid": each["oid"], "size": each["size"]}
            if each["oid"] not in self.hub.objects:
                found["actions"] = {"upload": {"href": f"{self.hub.url}/lfs/{each['oid']}"}}
            objects.append(found)
        self._answer(200, {"transfer": "basic", "objects": objects})

    def _commit(self, name: str, repository: Repository, body: bytes) -> None:
        files = dict(repository.files)
        for line in body.splitlines():
            value = json.loads(line)["value"]
            match json.loads(line)["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.objects[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        commit = repository.add(files)
        url = f"{self.hub.url}/{name}/commit/{commit}"
        self._answer(200, {"commitUrl": url, "commitOid": commit, "success": True})

    def _resolve(self, parts: list[str]) -> None:
        name, revision, file = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        repository = self._visible(name)
        if repository is None:
            return self._missing("RepoNotFound")
        files = repository.commits.get(revision, {})
        if file not in files:
            return self._missing("EntryNotFound")
        content = self.hub.lies.get(file, files[file])
        if file.endswith(BY_LFS):  # from a store of objects, as on the Hub
            self.hub.objects[f"{_sha256(content)}"] = content
            return self._send(302, b"", Location=f"{self.hub.url}/lfs/{_sha256(content)}")
        half = self.hub.cuts.get(file, 0) > 0
        self.hub.cuts[file] = self.hub.cuts.get(file, 0) - 1
        self._send(200, content, half=half)

    def _missing(self, code: str) -> None:
        self._send(404, b"{}", **{"X-Error-Code": code})

    def _answer(self, state: int, value: dict[str, Any]) -> None:
        self._send(state, json.dumps(value).encode(), **{"Content-Type": "application/json"})

    def _send(self, state: int, content: bytes, half: bool = False, **headers: str) -> None:
        self.send_response(state)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if half else content)
        self.close_connection = self.close_connection or half


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Serves a stand-in of the Hub on a port of its own."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@contextmanager
def hub_in_use(monkeypatch, tmp_path: Path) -> Iterator[Hub]:
    """Serves a stand-in of the Hub to this process, which has no token and waits for nothing."""
    go_online(monkeypatch)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(hub_requests, "PAUSES", (0.0, 0.0))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with hub_server() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running
