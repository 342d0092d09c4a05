"""Sign in with Clever and sync a class, in Django: people, a plan in plain words, and a button that does it.

clever-roster simulate --redirect-uri http://localhost:8000/clever/callback | python examples/django_one_file.py
"""

import json
import secrets
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.template import Context, Engine
from django.urls import path

from clever_roster import CleverApp, CleverClient, CleverLogin, Secret, roster
from clever_roster.model import Role
from clever_roster.web.django import current_account, current_identity, mount

PAGE = Engine().from_string("""<!doctype html><html lang="en"><title>School</title><h1>School</h1>
{% if not me %}<form method="post" action="/clever/login"><button>Continue with Clever</button></form>
{% else %}<p>You are account {{ me }}.</p>
{% for one in classrooms %}<p><a href="/classes/{{ one.section.id }}">{{ one.section.name }}</a></p>{% endfor %}
{% if plan %}<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{{ csrf }}">
<button name="plan" value="{{ plan.digest }}">Do what is ready ({{ plan.ready|length }})</button></form>{% endif %}
<form method="post" action="/clever/sign-out"><button>Sign out</button></form>{% endif %}</html>""")


def configure(database):
    settings.configure(
        SECRET_KEY=secrets.token_urlsafe(32),
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["localhost"],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "clever_roster.storage.django"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": database,
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},  # what `manage.py check` asks for on SQLite
            }
        },
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)


def build(app):
    """The URL patterns; Django's own user model, and our tables beside it."""
    from clever_roster.storage.django import DjangoStore  # noqa: PLC0415 - wants the settings first

    store = DjangoStore()
    login = CleverLogin(app, store=store)

    def clever(request):
        return CleverClient(login.fetch_district_token(current_identity(request).key.district), url=app.api_url)

    def page(request, **more):
        from django.middleware.csrf import get_token  # noqa: PLC0415 - likewise

        known = {"me": current_account(request), "csrf": get_token(request)}
        return HttpResponse(PAGE.render(Context(known | more)))

    def home(request):
        who = current_identity(request)
        if who is None or Role.TEACHER not in who.roles:
            return page(request)
        with clever(request) as client:
            return page(request, classrooms=client.fetch_classrooms(who.key.subject))

    def sync(request, section):
        me, who = current_account(request), current_identity(request)
        if me is None or Role.TEACHER not in who.roles:
            return HttpResponseForbidden()
        with clever(request) as client:
            snapshot = client.fetch_snapshot(who.key.district, [section])
        with store.transaction() as ports:
            # Whoever asks must teach the class at Clever: of another's class every step is held.
            plan = roster.plan(ports, snapshot, attach={section: roster.Attachment(owner=me)}, actor=me)
            if request.method == "GET" or request.POST["plan"] != plan.digest:  # shown first, and done as it was shown
                return page(request, plan=plan, lines=roster.explain(plan, names=True) or ["Nothing to do."])
            roster.apply(ports, plan, actor=me, now=datetime.now(UTC))
        return redirect(request.path)

    return [path("", home), path("classes/<section>", sync), *mount(login)]


if __name__ == "__main__":
    card = json.loads(sys.stdin.readline())
    known = {name: card[name] for name in ("client_id", "redirect_uri", "oauth_url", "api_url")}
    configure(*sys.argv[1:] or ["school.db"])
    urlpatterns = build(CleverApp(client_secret=Secret(card["client_secret"]), **known))
    port = urlsplit(card["redirect_uri"]).port
    with make_server("localhost", port, get_wsgi_application()) as server:
        print(f"Open http://localhost:{port}/", flush=True)
        server.serve_forever()
