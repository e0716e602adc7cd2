"""The page: one HTML file with everything inside, no script, no request to anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from salesforce_abm import __version__, redact
from salesforce_abm.run_report import summary
from salesforce_abm.run_report.charts import api_use, durations, match_rates, outcome_bars
from salesforce_abm.run_report.model import OUTCOMES
from salesforce_abm.run_report.numbers import ago, duration, moment
from salesforce_abm.run_report.svg import percent, ring
from salesforce_abm.run_report.words import ending, explain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from salesforce_abm.run_report.model import Material, Reject, Run
    from salesforce_abm.run_report.summary import Reason

__all__ = ["render"]

_EXAMPLES: Final = 3
_RUNS_SHOWN: Final = 30
_STREAMS_NAMED: Final = 4
_WAYS: Final = {"in": "into Salesforce", "out": "from Salesforce"}


def render(material: Material, *, now: datetime, title: str, examples: bool = True) -> str:
    """Make the page.

    Args:
        material: runs and rejects.
        now: the moment ages are counted from.
        title: heading.
        examples: show keys and messages of rows that are not in Salesforce.

    Returns:
        A whole HTML document.
    """
    into = [run for run in material.runs if run.direction == "in"]
    sections = [_header(material, now, title), _tiles(material)]
    if into:
        sections += [_outcomes(material.runs), _reasons(material, examples=examples)]
    sections += [_freshness(material, now), _over_time(material), _runs(material)]
    style = files(__package__).joinpath("style.css").read_text("utf-8")
    body = redact.clean("".join(sections))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{style}</style></head><body><main>{body}<footer>Made by salesforce-abm {__version__}, "
        f"{moment(now)}, from {len(material.runs)} {_noun(len(material.runs), 'run')}. Nothing in this page "
        "asks the network for anything.</footer></main></body></html>\n"
    )


def _header(material: Material, now: datetime, title: str) -> str:
    first, last = material.runs[0], material.runs[-1]
    period = moment(first.started)
    if last is not first:
        period += f" to {moment(last.started)}"
    words, kind = _verdict(material, now)
    return (
        f"<header><h1>{escape(title)}</h1><p>{period} · {len(material.runs)} "
        f'{_noun(len(material.runs), "run")}</p><p class="verdict {kind}">{words}</p></header>'
    )


def _verdict(material: Material, now: datetime) -> tuple[str, str]:
    """Say in a sentence or two how things stand."""
    last = material.runs[-1]
    word, kind = ending(last.exit_code)
    when = ago(now, last.started)
    if kind != "good":
        return f"The last run, {when}, {escape(word)}: {escape(last.reason)}", kind
    stale = [age.stream for age in summary.ages(material.runs, now) if age.stale]
    if stale:
        return (
            f"The last run went well, {when}, but {escape(', '.join(stale))} {_are(stale)} out of date.",
            "warn",
        )
    failed = sum(run.exit_code not in (0, 2) for run in material.runs)
    if failed:
        return f"The last run went well, {when}; {failed} earlier {_noun(failed, 'run')} failed.", "warn"
    return f"All is well: the last run ended {when}, and every stream is up to date.", "good"


def _tiles(material: Material) -> str:
    latest = summary.latest_by_stream(material.runs)
    counted = summary.outcomes(summary.only(run, name) for name, run in latest.items())
    rate = summary.match_rate(counted)
    tiles = []
    if rate is not None:
        aside = counted["unmatched"] + counted["ambiguous"]
        looked = sum(counted.values()) - counted["skipped"]
        tiles.append(
            '<div class="card tile"><span class="name">Match rate</span><div class="match">'
            + ring(f"Match rate {percent(rate)}", rate)
            + f"<span>{looked - aside:,} of<br>{looked:,} rows</span></div></div>"
        )
        ever = summary.outcomes(run for run in material.runs if not run.dry_run)
        about = f"rows; {ever['unchanged']:,} were up to date already"
        tiles.append(_tile("Written to Salesforce", f"{ever['written']:,}", about))
        lost = f"{aside + counted['rejected']:,}"
        tiles.append(_tile("Set aside", lost, "rows, none lost: tried again next time"))
    out = sum(run.rows for run in material.runs if run.direction == "out")
    if out:
        tiles.append(_tile("Read from Salesforce", f"{out:,}", "rows"))
    used = [run for run in material.runs if run.daily_used is not None and run.daily_max]
    if used:
        last = used[-1]
        share = (last.daily_used or 0) / (last.daily_max or 1)
        about = f"{last.daily_used:,} of {last.daily_max:,} requests in 24 hours"
        tiles.append(_tile("API budget used", percent(share), about))
    return f'<section class="tiles" aria-label="Key figures">{"".join(tiles)}</section>'


def _tile(name: str, value: str, about: str) -> str:
    return f'<div class="card tile"><span class="name">{name}</span><b>{value}</b><span>{about}</span></div>'


def _outcomes(runs: tuple[Run, ...]) -> str:
    latest = summary.latest_by_stream(runs)
    if not latest:
        return ""
    rows = {name: run.streams[name] for name, run in sorted(latest.items())}
    extra = ""
    cleared, removed = sum(c.expired for c in rows.values()), sum(c.removed for c in rows.values())
    if cleared or removed:
        extra = (
            f'<p class="extra">Besides, {cleared:,} records past their window were cleared, and {removed:,} '
            "rows that segments no longer hold were removed.</p>"
        )
    columns = (
        "Stream",
        "Received",
        "Written",
        "Up to date",
        "No record",
        "Several fit",
        "Refused",
        "Skipped",
    )
    cells = [
        (name, f"{counts.received:,}", *(f"{counts.outcomes.get(outcome, 0):,}" for outcome in OUTCOMES))
        for name, counts in rows.items()
    ]
    table = _table(columns, cells, numbers=range(1, len(columns)))
    about = "The latest run of each stream into Salesforce; every row received is in exactly one column."
    return _card("What became of the rows", about, outcome_bars(rows) + extra + table)


def _reasons(material: Material, *, examples: bool) -> str:
    heading = "Why rows were set aside"
    found = summary.reasons(material.runs, material.rejects, _EXAMPLES)
    if not found:
        return _card(heading, "None was: every row of the latest runs is in Salesforce.", "")
    most = max(reason.count for reason in found)
    content = "".join(_reason(reason, most, examples=examples) for reason in found)
    about = "In the latest run of each stream, the most frequent reason first, with what to do about it."
    return _card(heading, about, content)


def _reason(reason: Reason, most: int, *, examples: bool) -> str:
    heading, advice = explain(reason.code)
    style = reason.code if reason.code in ("unmatched", "ambiguous") else "rejected"
    share = max(reason.count / most * 100, 1)
    listed = "".join(_example(one) for one in reason.examples) if examples else ""
    return (
        f'<div class="reason"><h3>{escape(heading)} <span>{reason.count:,}</span></h3>'
        f'<div class="track" aria-hidden="true"><i class="{style}" style="width:{share:.1f}%"></i></div>'
        f'<p class="soft">{_code(advice)}</p>'
        + (f'<ul class="examples">{listed}</ul>' if listed else "")
        + "</div>"
    )


def _example(one: Reject) -> str:
    where = f"{one.stream}, {one.field}" if one.field else one.stream
    return f"<li><b>{escape(one.key)}</b> ({escape(where)}): {escape(one.message)}</li>"


def _freshness(material: Material, now: datetime) -> str:
    rows = []
    for age in summary.ages(material.runs, now):
        word, kind = ("out of date", "warn") if age.stale else ("up to date", "good")
        rows.append(
            (
                age.stream,
                _WAYS[age.direction],
                ago(now, age.at) if age.at else "never",
                moment(age.at) if age.at else "",
                f"{age.rows:,}",
                f'<span class="state {kind}">{word}</span>',
            )
        )
    columns = ("Stream", "Direction", "Last good run", "At", "Rows", "State")
    about = "A stream is out of date after two days, or twice its usual pause."
    return _card(
        "How fresh each stream is", about, _table(columns, rows, numbers=(4,), whole=(0, 1, 2, 3), raw=(5,))
    )


def _over_time(material: Material) -> str:
    cards = []
    rates = match_rates(material.runs)
    if rates:
        cards.append(
            _card("Match rate over time", "Share of each stream's rows whose record was found.", rates)
        )
    use = api_use(material.runs)
    if use:
        about = "The org's requests of 24 hours at the end of each run, other programs included."
        cards.append(_card("API budget over time", about, use))
    took = _card("Duration of the runs", "From sign-in to the last answer.", durations(material.runs))
    return f'<div class="two">{"".join(cards)}</div>{took}' if cards else took


def _runs(material: Material) -> str:
    rows = []
    for run in reversed(material.runs[-_RUNS_SHOWN:]):
        word, kind = ending(run.exit_code)
        why = f"<br>{escape(run.reason)}" if kind != "good" else ""
        names = ", ".join(list(run.streams)[:_STREAMS_NAMED])
        more = len(run.streams) - _STREAMS_NAMED
        rows.append(
            (
                moment(run.started),
                _WAYS[run.direction] + (", dry run" if run.dry_run else ""),
                names + (f" and {more} more" if more > 0 else ""),
                f"{run.rows:,}",
                f"{sum(run.requests.values()):,}",
                duration(run.seconds),
                f'<span class="state {kind}">{word}</span>{why}',
            )
        )
    many = len(material.runs) > _RUNS_SHOWN
    about = f"The latest {_RUNS_SHOWN} of {len(material.runs)}." if many else "The latest first."
    columns = ("Started", "Direction", "Streams", "Rows", "Requests", "Took", "Ended")
    return _card("All runs", about, _table(columns, rows, numbers=(3, 4, 5), whole=(0, 1), raw=(6,)))


def _card(heading: str, about: str, content: str) -> str:
    return f'<section class="card"><h2>{heading}</h2><p>{about}</p>{content}</section>'


def _table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    whole: Collection[int] = (),
    raw: Collection[int] = (),
) -> str:
    """Write a table; columns may hold numbers, stay on one line, or hold HTML already."""

    def kind(number: int) -> str:
        return ' class="n"' if number in numbers else ' class="w"' if number in whole else ""

    def cell(number: int, text: str) -> str:
        return f"<td{kind(number)}>{text if number in raw else escape(text)}</td>"

    head = "".join(f'<th scope="col"{kind(n)}>{escape(name)}</th>' for n, name in enumerate(columns))
    body = "".join(f"<tr>{''.join(cell(n, text) for n, text in enumerate(row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _code(text: str) -> str:
    """Set what stands between backquotes as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _noun(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
