"""Exchanges with Clever as OpenTelemetry spans; the only file that knows OpenTelemetry (extra `otel`).

CleverClient(token, watch=spans())

Spans are named by route, never by an address: no id, no query and no token is in them. They are children of the span
that is current where the exchange happens; a page that was fetched ahead happens in a thread of its own.
"""

from __future__ import annotations

from datetime import timedelta

from opentelemetry import trace

from clever_roster.patience import Exchange, Watch

__all__ = ["spans"]


def spans(tracer: trace.Tracer | None = None) -> Watch:
    """A watcher that makes one client span of each exchange, with the attributes of the HTTP conventions.

    Args:
        tracer: whose spans they are; the global provider's when None.
    """
    used = tracer or trace.get_tracer("clever_roster")

    def watch(exchange: Exchange) -> None:
        attributes: dict[str, str | int] = {
            "http.request.method": exchange.method,
            "url.template": exchange.route,
            "http.response.body.size": exchange.size,
        }
        if exchange.attempt > 1:
            attributes["http.request.resend_count"] = exchange.attempt - 1
        if exchange.status is not None:
            attributes["http.response.status_code"] = exchange.status
        if exchange.request_id is not None:
            attributes["clever.request_id"] = exchange.request_id
        span = used.start_span(
            f"{exchange.method} {exchange.route}",
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=_nanoseconds(exchange, 0.0),
        )
        if exchange.status is None or exchange.status >= 400:  # noqa: PLR2004 - RFC 9110, section 15: an error
            span.set_status(trace.StatusCode.ERROR)
        span.end(_nanoseconds(exchange, exchange.seconds))

    return watch


def _nanoseconds(exchange: Exchange, later: float) -> int:
    return int((exchange.began + timedelta(seconds=later)).timestamp() * 1e9)
