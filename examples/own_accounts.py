"""A host app with an `accounts` table of its own: people sign in with Clever, and a teacher imports a class.

clever-roster simulate --redirect-uri http://localhost:8000/clever/callback | python examples/own_accounts.py
# then open http://localhost:8000/
"""

import json
import sys
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from wsgiref.simple_server import make_server

from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine

from clever_roster import Arrived, CleverApp, CleverClient, CleverLogin, Refused, Secret, linking, roster, transact
from clever_roster.storage.sqlalchemy import AccountTable, SqlStore

columns = (Column("id", Integer, primary_key=True), Column("given", Text), Column("family", Text), Column("mail", Text))
accounts = Table("accounts", MetaData(), *columns)


class School:
    def __init__(self, app, database):
        engine, c = create_engine(database), accounts.c
        accounts.metadata.create_all(engine)
        mine = AccountTable(table=accounts, id=c.id, first_name=c.given, last_name=c.family, email=c.mail)
        self.store = SqlStore(engine, accounts=mine)
        self.store.create_tables()
        self.login = CleverLogin(app, store=self.store)
        self.people = {}  # who is signed in, by the browser's cookie

    def __call__(self, environ, start):
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        browser = cookies[self.login.cookie_name].value if self.login.cookie_name in cookies else None
        me, query, now = self.people.get(browser), environ["QUERY_STRING"], datetime.now(UTC)
        match environ["PATH_INFO"]:
            case "/login":
                answer = self.login.begin()
            case "/clever/callback":
                answer = self.callback(query, browser, me, now)
            case "/import" if me:
                answer = self.import_class(query, me, now)
            case _:
                answer = f"You are account {me.account.id}." if me else '<a href="/login">Continue with Clever</a>'
        if not isinstance(answer, str):  # a login begun, or begun again: off to Clever
            start("303 See Other", [("Location", answer.redirect_to), ("Set-Cookie", answer.cookie.header())])
            return []
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")])
        return [answer.encode()]

    def callback(self, query, browser, me, now):
        arrival = self.login.finish(query, browser=browser)
        if isinstance(arrival, Arrived):
            who = me and me.account.id
            arrival = transact(self.store, lambda p: linking.settle(p, arrival, signed_in=who, now=now, create=True))
        if isinstance(arrival, linking.SignedIn | linking.Created):
            self.people[browser] = arrival  # a new sign-in replaces whoever was there
            return f"Welcome, {arrival.account.name.display()}, to account {arrival.account.id}."
        return arrival.sentence if isinstance(arrival, Refused) else arrival

    def import_class(self, section, me, now):
        district, teacher = me.identity.key.district, me.account.id
        with CleverClient(self.login.fetch_district_token(district), url=self.login.app.api_url) as clever:
            snapshot = clever.fetch_snapshot(district, [section])
        with self.store.transaction() as ports:
            plan = roster.plan(ports, snapshot, attach={section: roster.Attachment(owner=teacher)}, actor=teacher)
            report = roster.apply(ports, plan, actor=teacher, now=now)
        return f"{report.count(roster.Verb.ENROLL)} people enrolled, {len(report.held)} steps held."


if __name__ == "__main__":
    card = json.loads(sys.stdin.readline())
    known = {name: card[name] for name in ("client_id", "redirect_uri", "oauth_url", "api_url")}
    app = CleverApp(client_secret=Secret(card["client_secret"]), **known)
    make_server("localhost", 8000, School(app, "sqlite:///school.db")).serve_forever()
