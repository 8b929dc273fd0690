"""`labelaudit review`: a local web page to decide on the suspects, one at a time."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelaudit.cli.options import STORAGE, Number, with_options
from labelaudit.cli.report import refuse_to_overwrite_audit, refuse_to_overwrite_given, refuse_to_overwrite_source

if TYPE_CHECKING:
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.audits.result import Audit
    from labelaudit.decisions.store import DecisionStore

IDLE_MINUTES = 120  # a guess: a long lunch


@click.command()
@click.argument("audit")
@click.option("--data", multiple=True, metavar="FILE", help="Where the audited data is now; repeatable, in its order.")
@click.option("--embeddings", metavar="FILE", help="Where the audited embeddings are now.")
@click.option(
    "--decisions", metavar="FILE", help="Where decisions are kept, and added [decisions.sqlite beside the audit]."
)
@click.option("--who", metavar="NAME", help="The name that stands beside your decisions [the login name].")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="The port to listen on [a free one]."
)
@click.option("--no-browser", is_flag=True, help="Print the link only; open no browser.")
@click.option(
    "--idle",
    type=Number(0),
    default=IDLE_MINUTES,
    metavar="MINUTES",
    help=f"End when unused for so long; 0: never [{IDLE_MINUTES}].",
)
@click.option("--export", metavar="FILE", help="Write the decisions as .jsonl, .csv or .json, and end.")
@with_options(STORAGE)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def review(
    audit: str,
    data: tuple[str, ...],
    embeddings: str | None,
    decisions: str | None,
    who: str | None,
    port: int,
    no_browser: bool,
    idle: float,
    export: str | None,
    memory_limit: int | str,
    cache_dir: str | None,
    debug: bool,
) -> None:
    """Step through the suspects of the saved AUDIT on a local web page: keep, relabel, drop, unsure.

    Decisions are added to an SQLite file, and found again by the content of their rows: in shuffled data, with new rows
    and in a new audit. The data itself is never written to; see `labelaudit apply`.

    \b
    Examples:
      labelaudit review labelaudit-report
      labelaudit review labelaudit-report --export baseline.jsonl
    """
    from labelaudit.audits.loading import audit_file, load
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.decisions.store import NAME

    file = Path(decisions) if decisions is not None else audit_file(audit).parent / NAME
    written = [file] if export is None else [Path(export)]
    for path in written:
        refuse_to_overwrite_audit(audit, path)
        refuse_to_overwrite_given((*data, *filter(None, [embeddings])), path)
    if export is not None:
        _export(file, Path(export), audit)
        return
    from labelaudit.decisions.decision import check_text
    from labelaudit.review.serve import require_server

    require_server()
    loaded = load(audit)
    refuse_to_overwrite_source(loaded.record, file)
    name = who or _login()
    check_text(name)
    storing = Storage.of(memory_limit, cache_dir)
    _serve(loaded, file, data, embeddings, storing, name, port, idle, not no_browser)


def _export(decisions: Path, target: Path, audit: str) -> None:
    """Writes what was decided; the data is not needed for it, and not touched."""
    from labelaudit.audits.loading import load
    from labelaudit.decisions.exchange import export
    from labelaudit.decisions.store import DecisionStore
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file
    from labelaudit.report.words import plural, printable

    refuse_to_overwrite_source(load(audit).record, target)
    if same_file(decisions, target):
        raise UsageError(f"{target} is the file of decisions itself. Name another with --export.")
    with DecisionStore(decisions, create=False) as store:
        present = store.current()
    export(target, present)
    click.echo(f"{plural(len(present), 'decision')} written to {printable(str(target))}", err=True)


def _serve(
    audit: Audit,
    decisions: Path,
    data: tuple[str, ...],
    embeddings: str | None,
    storing: Storage,
    who: str,
    port: int,
    idle: float,
    browser: bool,
) -> None:
    from labelaudit.cli.signals import as_exceptions
    from labelaudit.decisions.store import DecisionStore
    from labelaudit.explanations.explain import model_of
    from labelaudit.review.app import create_app
    from labelaudit.review.explainer import Explainer
    from labelaudit.review.security import Gate
    from labelaudit.review.serve import listening, serve
    from labelaudit.review.session import Session
    from labelaudit.review.suspects import read_suspects

    with listening(port) as sock:
        suspects = read_suspects(audit, list(data) or None)
        explainer = Explainer(lambda: model_of(audit, list(data) or None, embeddings=embeddings, storing=storing))
        with DecisionStore(decisions) as store:
            explainer.start()
            gate = Gate(sock.getsockname()[1])
            app = create_app(Session(suspects, store), explainer, gate)
            _announce(gate.link(who), decisions, browser)
            try:
                with as_exceptions():
                    unused = serve(app, gate, sock, idle_minutes=idle)
                if unused:
                    click.echo(f"Unused for {idle:g} minutes: ended.", err=True)
            finally:
                _part(store)


def _announce(link: str, decisions: Path, browser: bool) -> None:
    from labelaudit.report.words import printable

    click.echo(
        f"Review at {link}\n(the link works once; decisions go to {printable(str(decisions))}; end with Ctrl-C)",
        err=True,
    )
    if browser and _has_desktop():
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()


def _has_desktop() -> bool:
    """Whether a browser would have a window: else Python starts one in the terminal, if there is any."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def _part(store: DecisionStore) -> None:
    from labelaudit.report.words import plural, printable

    click.echo(f"{plural(len(store.current()), 'decision')} in {printable(str(store.path))}", err=True)


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"
