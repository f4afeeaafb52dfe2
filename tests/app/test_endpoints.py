"""Laws of the public endpoints on a running server, mostly with hostile uploads."""

import http.server
import random
import re
import socket
import threading
import time

import httpx
import pytest
import uvicorn
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from starlette.testclient import TestClient

from app.shared.forwarded import Forwarded
from app.views.draw import gradio_app
from benchmarks import strokes
from lifelong import api
from lifelong.runs import store as run_store
from tests.helpers import ROOT
from tests.image_helpers import is_one_sentence, png, ring

RUN = "mnist-class-finetune"


class Teacher(api.WorkerClient):
    """A worker that teaches in this process, before it returns."""

    def learn(self, folder, until=None):
        list(run_store.learn(folder))


@pytest.fixture(scope="module", autouse=True)
def own_runs(tmp_path_factory):
    """Runs go to a folder of the test; shipped runs are available too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFELONG_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        yield


@pytest.fixture(scope="module")
def address(own_runs):
    """Address of the served page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = gradio_app.host()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/gradio/"
    next(
        route for route in app.routes if getattr(route, "path", "") == "/gradio"
    ).app.stop_event.set()
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def client(address):
    """A gradio_client connected to the page."""
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def zero(tmp_path_factory):
    """A file with a picture of a 0."""
    file = tmp_path_factory.mktemp("pictures") / "zero.png"
    file.write_bytes(png(ring()))
    return file


@pytest.fixture
def hearts(tmp_path):
    """Files with five drawings of a heart."""
    dice = random.Random(0)
    files = [tmp_path / f"{number}.png" for number in range(5)]
    for file in files:
        strokes.drawn(strokes.by_hand(strokes.SHAPES["heart"], dice), 22).save(file)
    return files


def test_the_python_of_the_document_runs(address, zero, tmp_path, monkeypatch):
    text = (ROOT / "docs" / "http.md").read_text("utf-8")
    program = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)[0]
    assert "http://localhost:8501/gradio/" in program
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digit.png").write_bytes(zero.read_bytes())
    exec(program.replace("http://localhost:8501/gradio/", address), {})


class TestTeach:
    def test_a_copy_learns_the_class_and_is_in_no_list(self, client, hearts):
        with api.lessons.connected(Teacher()):
            report = client.predict(
                [handle_file(file) for file in hearts], RUN, "heart", "replay", api_name="/teach"
            )
        assert report["original"] == RUN and report["name"] == "heart" and report["pictures"] == 5
        assert 0 <= report["accuracy"]["earlier_after"] <= 1
        reply = client.predict(handle_file(hearts[0]), report["run"], api_name="/classify")
        assert reply["answers"][-1]["top"][0]["label"] == "heart"
        rows = client.predict(api_name="/runs")
        assert report["run"] not in [row["id"] for row in rows]

    @pytest.mark.parametrize(
        ("name", "strategy", "says"),
        [
            ("<script>", "replay", "letters, digits, spaces"),
            ("7", "replay", "knows a class named 7 already"),
            ("", "replay", "The name is empty"),
            (["heart"], "replay", "The name is empty"),
            ("heart", "../replay", "strategy to teach with"),
            ("heart", ["replay"], "strategy to teach with"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_a_sentence(self, client, hearts, name, strategy, says):
        files = [handle_file(file) for file in hearts]
        with api.lessons.connected(Teacher()), pytest.raises(AppError, match=says) as error:
            client.predict(files, RUN, name, strategy, api_name="/teach")
        assert is_one_sentence(str(error.value))

    def test_more_than_fifty_pictures_are_refused(self, client, hearts):
        files = [handle_file(hearts[0])] * 51
        with api.lessons.connected(Teacher()), pytest.raises(AppError, match="51 pictures"):
            client.predict(files, RUN, "heart", "replay", api_name="/teach")

    @pytest.mark.parametrize(
        ("images", "says"),
        [
            ([], "0 pictures"),
            (None, "image was not a file"),
            ([None], "A file was expected"),
            ("heart", "A file was expected"),
            ([{"path": "/etc/passwd"}], "A file was expected that was uploaded"),
            ([{"path": "http://127.0.0.1/x.png"}], "An address was given"),
        ],
    )
    def test_what_is_no_list_of_uploaded_pictures_is_refused(self, client, images, says):
        with api.lessons.connected(Teacher()), pytest.raises(AppError, match=says) as error:
            client.predict(images, RUN, "heart", "replay", api_name="/teach")
        assert is_one_sentence(str(error.value))


class TestEndpoints:
    def test_only_three_are_public(self, client):
        assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
            "/classify",
            "/runs",
            "/teach",
        }

    def test_others_are_not_to_be_called_by_name(self, client):
        with pytest.raises(ValueError, match="api_name"):
            client.predict(None, RUN, "0", False, api_name="/answer")

    def test_runs_are_those_of_the_library(self, client):
        rows = client.predict(api_name="/runs")
        assert rows == [row.to_json() for row in api.run_list()]
        assert {
            "id",
            "dataset",
            "scenario",
            "strategy",
            "tasks",
            "average_accuracy",
            "forgetting",
            "shipped",
        } <= set(rows[0])

    def test_classify_answers_for_every_checkpoint(self, client, zero):
        reply = client.predict(handle_file(zero), RUN, api_name="/classify")
        assert set(reply) == {"run", "answers"} and reply["run"] == RUN
        assert [set(a) for a in reply["answers"]] == [{"after", "top"}] * 5
        assert [a["after"] for a in reply["answers"]] == [0, 1, 2, 3, 4]
        for a in reply["answers"]:
            assert all(set(t) == {"label", "probability"} for t in a["top"])
            shares = [t["probability"] for t in a["top"]]
            assert shares == sorted(shares, reverse=True) and 0 <= sum(shares) <= 1 + 1e-4
        assert reply["answers"][0]["top"][0]["label"] == "0", "the first task taught it"
        assert reply["answers"][-1]["top"][0]["label"] in {"8", "9"}, (
            "fine-tuning answers with the newest task's digits"
        )

    def test_after_and_task_narrow_the_answer(self, client, zero):
        reply = client.predict(handle_file(zero), RUN, after=1, task=0, api_name="/classify")
        assert [a["after"] for a in reply["answers"]] == [0, 1]
        assert all({t["label"] for t in a["top"]} == {"0", "1"} for a in reply["answers"])

    @pytest.mark.parametrize(
        "run, more, says",
        [
            ("mnist-class-finetun", {}, "did you mean 'mnist-class-finetune'"),
            ("../../etc", {}, "There is no run"),
            ("mnist-class-finetune/../mnist-class-ewc", {}, "There is no run"),
            ("", {}, "There is no run"),
            (RUN, {"after": 99}, "after was given as 99"),
            (RUN, {"after": -1}, "after was given as -1"),
            (RUN, {"after": "last"}, "after was given as 'last'"),
            (RUN, {"after": 1.5}, "after was given as '1.5'"),
            (RUN, {"task": 5}, "task was given as 5"),
        ],
    )
    def test_bad_requests_are_refused_in_one_sentence(self, client, zero, run, more, says):
        with pytest.raises(AppError, match=re.escape(says)) as error:
            client.predict(handle_file(zero), run, **more, api_name="/classify")
        assert is_one_sentence(str(error.value))

    @pytest.mark.parametrize(
        "content, says",
        [
            (b"not a picture", "not a picture"),
            (b"", "not a picture"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
            (png(Image.new("L", (50, 50), 255)), "blank"),
            (png(ring())[:200], "damaged"),
            (png(Image.new("1", (20_000, 20_000))), "pixels"),
        ],
    )
    def test_bad_pictures_are_refused_in_one_sentence(self, client, tmp_path, content, says):
        file = tmp_path / "<b>given.png"
        file.write_bytes(content)
        with pytest.raises(AppError, match=says) as error:
            client.predict(handle_file(file), RUN, api_name="/classify")
        assert is_one_sentence(str(error.value)) and "given" not in str(error.value)

    @pytest.mark.parametrize(
        "given", ["zero.png", None, 7, [], {}, {"path": {}}, {"path": "zero.png"}]
    )
    def test_what_is_no_file_is_refused(self, address, given):
        assert is_one_sentence(refused(address, given))

    @pytest.mark.parametrize(
        "path", ["/etc/passwd", "/etc/../etc/hostname", __file__, "app/assets/draw/examples.png"]
    )
    @pytest.mark.parametrize("more", [{}, {"is_stream": True}, {"url": "/gradio_api/file=x"}])
    def test_a_file_of_the_server_is_not_an_upload(self, address, path, more):
        message = refused(address, {"path": path, "meta": {"_type": "gradio.FileData"}, **more})
        assert "uploaded" in message and path not in message

    def test_an_address_is_never_fetched(self, address):
        requests = []

        class Trap(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append(self.path)
                self.send_error(404)

        trap = http.server.HTTPServer(("127.0.0.1", 0), Trap)
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{trap.server_port}/digit.png"
        for file in (
            {"path": url},
            {"path": url, "url": url},
            {"path": url.upper()},
            {"path": url, "is_stream": True},
        ):
            assert "address" in refused(address, {**file, "meta": {"_type": "gradio.FileData"}})
        trap.shutdown()
        assert requests == []

    @pytest.mark.parametrize("path", ["/etc/passwd", "app/main.py", "../README.md"])
    def test_files_of_the_server_are_not_served(self, address, path):
        assert httpx.get(f"{address}gradio_api/file={path}").status_code in (403, 404)


def refused(address: str, image) -> str:
    """Returns the error of /classify over plain HTTP."""
    call = f"{address}gradio_api/call/classify"
    call_id = httpx.post(call, json={"data": [image, RUN, None, None]}).json()["event_id"]
    stream = httpx.get(f"{call}/{call_id}", timeout=10).text
    assert stream.startswith("event: error"), stream
    return httpx.Response(200, text=stream.split("data: ", 1)[1]).json()["error"]


def test_behind_a_proxy_its_own_address_is_the_one_that_the_browser_knows(address):
    app = Forwarded(gradio_app.host())
    given = {"host": "127.0.0.1:8501", "x-forwarded-host": "lab.example.org"}
    given |= {"x-forwarded-proto": "https", "x-forwarded-prefix": "/lab"}
    config = TestClient(app).get("/lab/gradio/config", headers=given)
    stripped = TestClient(app).get("/gradio/config", headers=given)
    assert config.status_code == 404, "the proxy takes the prefix away"
    assert stripped.json()["root"] == "https://lab.example.org/lab/gradio"
    odd = {"x-forwarded-host": "a/b", "x-forwarded-proto": "file", "x-forwarded-prefix": "/../x"}
    plain = TestClient(app, base_url="http://a.org").get("/gradio/config", headers=odd)
    assert plain.json()["root"] == "http://a.org/gradio"
