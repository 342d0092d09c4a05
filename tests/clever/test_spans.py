"""OpenTelemetry spans of exchanges: by route, with the status, and nobody's id."""

from __future__ import annotations

import httpx
import pytest

from clever_roster.clever import CleverClient
from clever_roster.testing import District, Simulator

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` and its SDK are not installed")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clever_roster.clever.spans import spans


def test_each_exchange_is_a_client_span(simulator: Simulator, district: District, http: httpx.Client, clock) -> None:
    """A 503 and its repetition are two, the first an error; times are those of the exchange."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    simulator.fail("/v3.1/districts", 503)
    token = simulator.district_token(district.id)
    watch = spans(provider.get_tracer("test"))
    CleverClient(token, http=http, watch=watch, clock=clock, sleep=lambda _: None).get_district(district.id)
    first, second = exporter.get_finished_spans()
    assert first.name == second.name == "GET /v3.1/districts/{id}"
    assert (first.status.is_ok, second.status.is_ok) == (False, True)
    assert (first.attributes or {})["http.response.status_code"] == 503
    assert (second.attributes or {})["http.request.resend_count"] == 1
    assert first.start_time == int(clock().timestamp() * 1e9)
    assert not any(hidden in first.to_json() + second.to_json() for hidden in (district.id, token.reveal()))
