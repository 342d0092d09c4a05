"""Colours and measures of what is drawn: one palette for light and one for dark, both readable (WCAG 2.2, 1.4.3).

Which of the two is shown follows the page: its `color-scheme`, what JupyterLab and VS Code say of themselves, and else
what the person's system prefers. No script is needed for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["PALETTE", "STYLE"]

PALETTE: Final[Mapping[str, tuple[str, str]]] = {
    "paper": ("#ffffff", "#16191d"),
    "head": ("#f2f4f7", "#22262c"),
    "ink": ("#1d232b", "#e4e7eb"),
    "faint": ("#566070", "#a3acb9"),
    "line": ("#d5dae1", "#3a414b"),
    "good": ("#0b6b42", "#5fd39b"),
    "warn": ("#8a4b00", "#f2b45c"),
    "bad": ("#b0232a", "#ff8d85"),
}
"""By role: the colour on light, and on dark."""


def _variables(which: int) -> str:
    return "".join(f"--cr-{role}:{colours[which]};" for role, colours in PALETTE.items())


_BOTH = "".join(f"--cr-{role}:light-dark({light},{dark});" for role, (light, dark) in PALETTE.items())

_RULES = f"""<style>
.clever-roster{{color-scheme:light dark;{_variables(0)}}}
@media (prefers-color-scheme:dark){{.clever-roster{{{_variables(1)}}}}}
@supports (color:light-dark(#000,#fff)){{.clever-roster{{{_BOTH}}}}}
body[data-jp-theme-light=true] .clever-roster,body.vscode-light .clever-roster{{color-scheme:light}}
body[data-jp-theme-light=false] .clever-roster,body.vscode-dark .clever-roster{{color-scheme:dark}}
.clever-roster{{background:var(--cr-paper);color:var(--cr-ink);border:1px solid var(--cr-line);border-radius:8px;
padding:14px 16px;font:14px/1.45 system-ui,sans-serif;max-width:72em;box-sizing:border-box}}
& .cr-title{{font-size:16px;font-weight:600;margin:0 0 2px}}
& p{{margin:0 0 10px}}
& dl{{display:flex;flex-wrap:wrap;gap:6px 28px;margin:0 0 12px}}
& dt{{color:var(--cr-faint);font-size:12px}}
& dd{{margin:0;font-variant-numeric:tabular-nums}}
& .cr-wide{{overflow:auto;max-height:34em;margin:0 0 12px}}
& table{{border-collapse:collapse;width:100%;background:var(--cr-paper);color:var(--cr-ink);
font-size:13px;margin:0;border:none;table-layout:auto}}
& tbody tr{{background:none}}
& caption{{text-align:left;font-weight:600;padding:0 0 4px;color:var(--cr-ink)}}
& th,& td{{text-align:left;vertical-align:top;padding:4px 10px 4px 8px;
border-bottom:1px solid var(--cr-line);background:none;font-weight:400;max-width:34em;overflow-wrap:break-word}}
& thead th{{background:var(--cr-head);color:var(--cr-faint);font-size:12px;
white-space:nowrap;position:sticky;top:0}}
& .cr-number{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
& tr.cr-good>:first-child{{box-shadow:inset 3px 0 var(--cr-good)}}
& tr.cr-warn>:first-child{{box-shadow:inset 3px 0 var(--cr-warn)}}
& tr.cr-bad>:first-child{{box-shadow:inset 3px 0 var(--cr-bad)}}
& .cr-good{{--cr-tone:var(--cr-good)}}
& .cr-warn{{--cr-tone:var(--cr-warn)}}
& .cr-bad{{--cr-tone:var(--cr-bad)}}
& .cr-plain{{--cr-tone:var(--cr-faint)}}
& .cr-lead{{color:var(--cr-tone,inherit)}}
& p.cr-plain{{color:inherit}}
& .cr-more{{color:var(--cr-faint);font-size:12px;margin:-6px 0 12px}}
& .cr-result>*{{font-weight:600;border-top:2px solid var(--cr-line)}}
& svg{{display:block;width:18em;height:16px}}
& svg rect{{fill:var(--cr-tone)}}
& svg line{{stroke:var(--cr-faint);stroke-width:1;vector-effect:non-scaling-stroke}}
@media (forced-colors:active){{& svg rect{{fill:CanvasText}}}}
</style>"""

STYLE: Final = _RULES.replace("&", ".clever-roster.clever-roster")
"""The class is named twice, so that these rules win against a notebook's own rules for tables."""
