"""Prints the length of Flask's and Django's compressed, signed cookies for the same sessions, as a table in Markdown. It reads what
`cargo run --release -- payloads` prints; the packages are those of ../other-languages/python/requirements.txt."""

import json
import sys
from urllib.parse import quote

import django
import flask
from django.conf import settings
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from flask.sessions import SecureCookieSessionInterface

KEY = "k" * 50

settings.configure(SECRET_KEY=KEY)
django.setup()
# As django.contrib.sessions.backends.signed_cookies calls them.
SALT = "django.contrib.sessions.backends.signed_cookies"
app = flask.Flask("peers")
app.secret_key = KEY
flask_serializer = SecureCookieSessionInterface().get_signing_serializer(app)

PEERS = {
    "Flask 3.1 session": flask_serializer.dumps,
    "Django 5.2 signed cookies": lambda data: signing.dumps(data, compress=True, salt=SALT, serializer=JSONSerializer),
}


def main():
    payloads = dict(json.load(sys.stdin))
    print("| characters |", " | ".join(payloads), "|")
    print("| --- |" + " ---: |" * len(payloads))
    for peer, seal in PEERS.items():
        lengths = (len(quote(seal(data), safe=":")) for data in payloads.values())
        print(f"| {peer} |", " | ".join(map(str, lengths)), "|")


main()
