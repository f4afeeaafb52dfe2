"""Laws of headers, limits, log and metrics around the pages."""

import json
import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.server import log, metrics
from app.server.request_limit import RequestLimit
from app.server.security_headers import SecurityHeaders
from lifelong.api import LifelongError
from tests.image_helpers import is_one_sentence


async def echo(request):
    return PlainTextResponse(await request.body(), headers={"X-Frame": "x"})


async def fail(_request):
    raise ZeroDivisionError("a secret: 123")


def client(*middleware, **options):
    routes = [
        Route(path, echo, methods=["GET", "POST"]) for path in ("/", "/answer", "/gradio/upload")
    ]
    app = Starlette(routes=[*routes, Route("/fail", fail)], middleware=list(middleware))
    return TestClient(app, raise_server_exceptions=False, **options)


class TestHeaders:
    def test_every_answer_has_them(self):
        answers = [client(Middleware(SecurityHeaders)).get(path) for path in ("/", "/nothing")]
        for answer in answers:
            assert answer.headers["x-content-type-options"] == "nosniff"
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy
            assert "http:" not in policy.replace("https:", "") and " * " not in policy

    def test_sites_that_may_frame_are_named(self, monkeypatch):
        monkeypatch.setenv("LIFELONG_FRAME_ANCESTORS", "'self' https://*.hf.space")
        answer = client(Middleware(SecurityHeaders)).get("/")
        policy = answer.headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://*.hf.space")

    @pytest.mark.parametrize("given", ["*", "https://a.org; script-src *", "javascript:1"])
    def test_others_are_refused_in_one_sentence(self, monkeypatch, given):
        monkeypatch.setenv("LIFELONG_FRAME_ANCESTORS", given)
        with pytest.raises(LifelongError, match="FRAME_ANCESTORS") as error:
            SecurityHeaders(None)
        assert is_one_sentence(str(error.value))


class TestLimits:
    def test_beyond_the_rate_an_address_is_refused_and_another_is_not(self, monkeypatch):
        monkeypatch.setenv("LIFELONG_MOST_REQUESTS", "3/minute")
        monkeypatch.setenv("LIFELONG_PROXIES", "1")
        visitor = client(Middleware(RequestLimit))
        one, other = ({"X-Forwarded-For": f"6.6.6.6, {ip}"} for ip in ("1.1.1.1", "2.2.2.2"))
        found = [visitor.post("/answer", headers=one).status_code for _ in range(5)]
        assert found == [200, 200, 200, 429, 429]
        assert visitor.post("/answer", headers=other).status_code == 200
        assert visitor.get("/", headers=one).status_code == 200
        refused = visitor.post("/answer", headers=one)
        assert is_one_sentence(refused.json()["error"]) and refused.headers["retry-after"]

    def test_what_a_visitor_claims_is_not_his_address(self, monkeypatch):
        monkeypatch.setenv("LIFELONG_MOST_REQUESTS", "2/minute")
        visitor = client(Middleware(RequestLimit))
        found = [
            visitor.post("/answer", headers={"X-Forwarded-For": f"9.9.9.{n}"}).status_code
            for n in range(3)
        ]
        assert found == [200, 200, 429]

    def test_without_a_rate_nothing_is_refused(self):
        visitor = client(Middleware(RequestLimit))
        assert {visitor.post("/answer").status_code for _ in range(50)} == {200}

    def test_a_request_that_is_too_large_is_refused_before_it_is_read(self):
        visitor = client(Middleware(RequestLimit))
        for path in ("/answer", "/gradio/upload"):
            answer = visitor.post(path, headers={"Content-Length": "90000000"}, content=b"x")
            assert answer.status_code == 413 and is_one_sentence(answer.json()["error"])
        assert visitor.post("/", headers={"Content-Length": "90000000"}).status_code == 200

    def test_an_application_within_another_counts_once(self, monkeypatch):
        monkeypatch.setenv("LIFELONG_MOST_REQUESTS", "2/minute")
        visitor = client(Middleware(RequestLimit), Middleware(RequestLimit))
        assert [visitor.post("/answer").status_code for _ in range(3)] == [200, 200, 429]

    @pytest.mark.parametrize(
        ("name", "given"), [("LIFELONG_MOST_REQUESTS", "many"), ("LIFELONG_PROXIES", "-1")]
    )
    def test_a_limit_that_is_none_gets_one_sentence(self, monkeypatch, name, given):
        monkeypatch.setenv(name, given)
        with pytest.raises(LifelongError, match=name) as error:
            RequestLimit(None)
        assert is_one_sentence(str(error.value))


class TestMetrics:
    def test_requests_are_counted_by_kind_and_status(self):
        numbers = metrics.Numbers()
        visitor = client(Middleware(metrics.Watched, numbers=numbers))
        visitor.post("/answer")
        visitor.post("/answer")
        visitor.get("/some/secret-name")
        text = metrics.generate_latest(numbers.registry).decode()
        assert 'lifelong_request_seconds_count{kind="/answer",status="200"} 2.0' in text
        assert 'lifelong_request_seconds_count{kind="page",status="404"} 1.0' in text
        assert "secret" not in text and "process_resident_memory_bytes" in text
        assert 'lifelong_runs{state="finished"}' in text and "lifelong_queue 0.0" in text


class TestLog:
    @pytest.fixture
    def lines(self, monkeypatch, capsys):
        """Returns the function that returns the lines logged so far."""
        monkeypatch.setattr(log.LOGGER, "handlers", [])
        monkeypatch.setattr(log.LOGGER, "propagate", True)
        monkeypatch.setenv("LIFELONG_LOG", "1")
        yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        log.LOGGER.setLevel(logging.NOTSET)

    def test_a_refusal_and_an_error_are_a_line_each_without_what_was_sent(self, lines, monkeypatch):
        log.configure()  # here: each phase of a test has a stream of its own
        monkeypatch.setenv("LIFELONG_MOST_REQUESTS", "1/minute")
        visitor = client(Middleware(metrics.Watched), Middleware(RequestLimit))
        visitor.post("/answer", content=b"a drawing")
        visitor.post("/answer", content=b"a drawing")
        visitor.get("/fail")
        refused, error = lines()
        assert (refused["event"], refused["path"], refused["status"]) == ("refused", "/answer", 429)
        assert error["event"] == "error" and error["error"] == "ZeroDivisionError"
        assert error["location"].startswith("tests.app.test_server:")
        assert not {"secret", "drawing", "testclient"} & set(str([refused, error]).split())

    def test_without_the_variable_nothing_is_written(self, monkeypatch, capsys):
        monkeypatch.setattr(log.LOGGER, "handlers", [])
        monkeypatch.delenv("LIFELONG_LOG", raising=False)
        log.configure()
        log.refused("/answer", 429)
        assert capsys.readouterr().err == ""
