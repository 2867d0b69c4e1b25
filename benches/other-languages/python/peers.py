"""The peers in Python, in the protocol of `times serve`: first the cookies' lengths by peer and payload, then nanoseconds of one iteration
for each line `peer<TAB>operation<TAB>payload<TAB>count`. Started by ../interleave.py with the payloads' file."""

import json
import secrets
import sys
import time
from urllib.parse import quote

import django
import flask
from django.conf import settings
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from flask.sessions import SecureCookieSessionInterface

FORTNIGHT = 14 * 86_400

settings.configure(SECRET_KEY=secrets.token_urlsafe(50))
django.setup()
# As django.contrib.sessions.backends.signed_cookies calls them.
SALT = "django.contrib.sessions.backends.signed_cookies"


def django_seal(data):
    return signing.dumps(data, compress=True, salt=SALT, serializer=JSONSerializer)


def django_open(value):
    return signing.loads(value, serializer=JSONSerializer, max_age=FORTNIGHT, salt=SALT)


app = flask.Flask("peers")
app.secret_key = secrets.token_urlsafe(50)
serializer = SecureCookieSessionInterface().get_signing_serializer(app)

PEERS = {
    "Django signed cookies (Python)": (django_seal, django_open),
    "Flask session (Python)": (lambda data: serializer.dumps(data), lambda value: serializer.loads(value, max_age=FORTNIGHT)),
}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        payloads = json.load(file)
    lengths, runs = {}, {}
    for peer, (seal, open_) in PEERS.items():
        lengths[peer] = {}
        for payload, data in payloads.items():
            value = seal(data)
            if open_(value) != data:
                sys.exit(f"{peer} does not give {payload} back")
            lengths[peer][payload] = len(quote(value, safe=":"))
            runs[f"{peer}\tseal\t{payload}"] = (seal, data)
            runs[f"{peer}\topen\t{payload}"] = (open_, value)
    print(json.dumps(lengths), flush=True)
    for line in sys.stdin:
        name, count = line.rstrip("\n").rsplit("\t", 1)
        run, argument = runs[name]
        start = time.perf_counter_ns()
        for _ in range(int(count)):
            run(argument)
        print((time.perf_counter_ns() - start) / int(count), flush=True)


main()
