"""Sign in with Clever and sync a class, in Flask: people, a plan in plain words, and a button that does it.

clever-roster simulate --redirect-uri http://localhost:8000/clever/callback | python examples/flask_one_file.py
"""

import json
import secrets
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server

from flask import Flask, abort, redirect, render_template_string, request

from clever_roster import CleverApp, CleverClient, CleverLogin, Secret, roster
from clever_roster.model import Role
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.web.flask import current_account, current_identity, mount

PAGE = """<!doctype html><html lang="en"><title>School</title><h1>School</h1>
{% if not me %}<form method="post" action="{{ places.start }}"><button>Continue with Clever</button></form>
{% else %}<p>You are account {{ me }}.</p>
{% for one in classrooms %}<p><a href="/classes/{{ one.section.id }}">{{ one.section.name }}</a></p>{% endfor %}
{% if plan %}<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>
<form method="post"><button name="plan" value="{{ plan.digest }}">Do what is ready ({{ plan.ready | length }})</button>
</form>{% endif %}
<form method="post" action="{{ places.sign_out }}"><button>Sign out</button></form>{% endif %}</html>"""


def build(app, database):
    store = SqlStore(database)
    store.create_tables()
    login = CleverLogin(app, store=store)
    site = Flask("school")
    site.secret_key = secrets.token_urlsafe(32)
    places = mount(site, login)

    def clever():
        return CleverClient(login.fetch_district_token(current_identity().key.district), url=app.api_url)

    def page(**more):
        return render_template_string(PAGE, **{"places": places, "me": current_account(), "classrooms": ()} | more)

    @site.get("/")
    def home():
        who = current_identity()
        if who is None or Role.TEACHER not in who.roles:
            return page()
        with clever() as client:
            return page(classrooms=client.fetch_classrooms(who.key.subject))

    @site.route("/classes/<section>", methods=["GET", "POST"])
    def sync(section):
        me, who = current_account(), current_identity()
        if me is None or Role.TEACHER not in who.roles:
            abort(403)
        with clever() as client:
            snapshot = client.fetch_snapshot(who.key.district, [section])
        with store.transaction() as ports:
            # Whoever asks must teach the class at Clever: of another's class every step is held.
            plan = roster.plan(ports, snapshot, attach={section: roster.Attachment(owner=me)}, actor=me)
            if request.method == "GET" or request.form["plan"] != plan.digest:  # shown first, and done as it was shown
                return page(plan=plan, lines=roster.explain(plan, names=True) or ["Nothing to do."])
            roster.apply(ports, plan, actor=me, now=datetime.now(UTC))
        return redirect(request.path, 303)

    return site


if __name__ == "__main__":
    card = json.loads(sys.stdin.readline())
    known = {name: card[name] for name in ("client_id", "redirect_uri", "oauth_url", "api_url")}
    site = build(
        CleverApp(client_secret=Secret(card["client_secret"]), **known), *sys.argv[1:] or ["sqlite:///school.db"]
    )
    port = urlsplit(card["redirect_uri"]).port
    with make_server("localhost", port, site) as server:
        print(f"Open http://localhost:{port}/", flush=True)
        server.serve_forever()
