# SPDX-License-Identifier: MIT
"""The Debian packages of tosctl and of the page: installed, used, upgraded, removed, and nothing of them left."""

import re

import pytest
from lifecycle import BEFORE, coming_online

from service import MAP_PATH

PAGE = "/usr/share/tos-gateway/page"
SNIPPET = "/etc/mosquitto/conf.d/tos-page.conf"
# The names in page/nginx.conf: its place, the machine, the certificate, the key, and the listener behind it.
NGINX = "/etc/nginx/conf.d/tos-page.conf"
HOST = "gateway.example.org"
CERTIFICATE = "/etc/ssl/certs/gateway.pem"
KEY = "/etc/ssl/private/gateway.key"
LISTENER = "listener 9001 127.0.0.1\nprotocol websockets\n"
# A browser's request for MQTT over websockets, as an argument of printf.
CRLF = r"\r\n"
HELLO = [
    "GET /mqtt HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: mqtt",
    "Sec-WebSocket-Version: 13",
    "",
    "",
]
# The end of such a connection, to which the other side replies by closing it.
BYE = r"\210\200\0\0\0\0"


def test_tosctl_from_its_installation_to_its_purge(guest, package, make_package, service):
    """The way of the first steps: it makes the map, with which the gateway starts."""
    tosctl = make_package("tosctl")
    package.install()
    tosctl.install(tosctl.before)
    assert tosctl.version() == BEFORE
    with coming_online(service):
        guest.run(f"tosctl -h 127.0.0.1 probe --write {MAP_PATH}")
    tosctl.install()
    assert guest.run("tosctl --version").split()[-1] in tosctl.version() != BEFORE
    status = guest.run("tosctl -W 60 status")
    assert re.search(r"(?m)^humidity +45(\.0)? %", status), status
    assert '"ok":true' in guest.run("tosctl -W 60 --json interval 300ms")
    guest.run("bash -c '. /usr/share/bash-completion/completions/tosctl && complete -p tosctl'")
    tosctl.remove()
    assert guest.attempt("command -v tosctl")[0] != 0
    assert service.show("ActiveState") == "active"
    package.purge()
    tosctl.purge()
    assert tosctl.is_unknown() and tosctl.residue() == []


@pytest.fixture
def dashboard(guest, packages, make_package):
    if "tos-dashboard" not in packages:
        pytest.skip("npm is missing, which the page is built with: ./run install page")
    yield make_package("tos-dashboard")
    guest.run(f"rm -f {SNIPPET} /tmp/page; systemctl restart mosquitto")


def fetch(guest):
    return guest.attempt("busybox wget -q -O /tmp/page http://127.0.0.1:9001/ && cat /tmp/page")


def served(guest):
    code, text = fetch(guest)
    assert code == 0, text
    guest.run(f"cmp /tmp/page {PAGE}/index.html")
    return text


def test_the_page_from_its_installation_to_its_purge(guest, dashboard):
    """With the lines as they are installed. Those of port 1883 are there already."""
    dashboard.install(dashboard.before)
    guest.run(f"sed '/^listener 1883/d' {PAGE}/mosquitto.conf >{SNIPPET}; systemctl restart mosquitto")
    assert BEFORE in served(guest)
    # A reload of the page gets the new one, without a restart of the server.
    dashboard.install()
    assert BEFORE not in served(guest)
    assert " 101 " in guest.run(f"printf '{CRLF.join(HELLO)}' | busybox nc 127.0.0.1 9001 | head -n 1")
    dashboard.remove()
    assert fetch(guest)[0] != 0
    dashboard.purge()
    assert dashboard.is_unknown() and dashboard.residue() == [SNIPPET]


@pytest.fixture
def tls(guest):
    """Gives the guest the name of the snippet, a certificate for it, and mosquitto's listener behind it."""
    guest.run(f"cp /etc/hosts /tmp/hosts; echo 127.0.0.1 {HOST} >>/etc/hosts")
    guest.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={HOST}"
        f" -addext subjectAltName=DNS:{HOST} -keyout {KEY} -out {CERTIFICATE} 2>&1"
    )
    guest.write(SNIPPET, LISTENER)
    guest.run("systemctl restart mosquitto")
    yield
    guest.run(f"systemctl stop nginx; cp /tmp/hosts /etc/hosts; rm -f {CERTIFICATE} {KEY} {NGINX}")


def test_nginx_serves_the_page_with_the_lines_that_come_with_it(guest, tls, dashboard):
    """Nothing in them is changed. The client trusts this certificate alone, and compares the name."""
    del tls
    dashboard.install()
    guest.run(f"cp {PAGE}/nginx.conf {NGINX}; systemctl restart nginx")
    fetched = f"busybox wget -q -O /tmp/page https://{HOST}/"
    guest.run(f"SSL_CERT_FILE={CERTIFICATE} {fetched} && cmp /tmp/page {PAGE}/index.html")
    assert guest.attempt(fetched)[0] != 0
    ask = f"openssl s_client -quiet -verify_return_error -CAfile {CERTIFICATE} -connect {HOST}:443 2>/dev/null"
    answer = guest.run(f"printf '{CRLF.join(HELLO)}{BYE}' | {ask} | head -n 1")
    assert " 101 " in answer
    head = CRLF.join(["HEAD / HTTP/1.1", f"Host: {HOST}", "Connection: close", "", ""])
    headers = guest.run(f"printf '{head}' | {ask}")
    assert "200 OK" in headers and "Content-Type: text/html" in headers
    assert "Cache-Control: no-cache" in headers and "frame-ancestors 'none'" in headers
