# SPDX-License-Identifier: MIT
"""page/nginx.conf as it is shipped, but for names and ports: the page by HTTPS. And page/mosquitto.conf."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import SOURCES, make_map
from harness import Lines, free_port

NGINX = "/usr/sbin/nginx"


def test_nginx_serves_the_page_and_hands_on_the_connection(broker, gateway, open_page, folder, built):
    assert gateway
    if not os.access(NGINX, os.X_OK):
        pytest.skip("nginx is not installed: ./run install browser")
    www, key, certificate, port = folder / "www", folder / "key.pem", folder / "certificate.pem", free_port()
    www.mkdir()
    www.chmod(0o755)
    shutil.copy(built, www)
    subject = ["-subj", "/CN=localhost", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-keyout", key, "-out", certificate, *subject],
        check=True,
        capture_output=True,
    )
    snippet = (SOURCES / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen [::]:443 ssl;", ""),
        ("/etc/ssl/certs/gateway.pem", str(certificate)),
        ("/etc/ssl/private/gateway.key", str(key)),
        ("/usr/share/tos-gateway/page", str(www)),
        ("127.0.0.1:9001", f"127.0.0.1:{broker.web_port}"),
        ("gateway.example.org", "localhost"),
    ):
        assert old in snippet
        snippet = snippet.replace(old, new)
    config = folder / "nginx.conf"
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr notice;\nevents {{}}\n"
        f"http {{\ntypes {{ text/html html; }}\naccess_log off;\n{paths}{snippet}}}\n"
    )
    process = subprocess.Popen([NGINX, "-p", folder, "-c", config], stderr=subprocess.PIPE, text=True)
    try:
        log = Lines(process.stderr)
        log.wait("start worker process|nginx/.*|using the")
        page = open_page("lang=en", url=f"https://127.0.0.1:{port}/")
        page.wait_value("temp", "23.5")
        assert page.run("return tosPage.app.link.url") == f"wss://127.0.0.1:{port}/mqtt"
        assert page.run("return document.contentType") == "text/html"
        assert page.errors() == []
        assert not re.search(r"\[(warn|error)\]", "\n".join(log.since()))
    finally:
        process.terminate()
        process.wait()


def test_mosquittos_snippet(make_gateway, make_broker, open_page, built, folder):
    """The page comes from the broker itself, without a word of where that is."""
    www = folder / "share"
    www.mkdir()
    www.chmod(0o755)
    shutil.copy(built, www)
    plain, web = free_port(), free_port()
    snippet = (SOURCES / "mosquitto.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listener 1883\n", f"listener {plain} 127.0.0.1\n"),
        ("listener 9001\n", f"listener {web} 127.0.0.1\n"),
        ("/usr/share/tos-gateway/page", str(www)),
    ):
        assert old in snippet
        snippet = snippet.replace(old, new)
    broker = make_broker(f"allow_anonymous true\n{snippet}")
    assert not re.search(r"Error", "\n".join(broker.log.since()))
    make_gateway(make_map(plain))
    page = open_page("lang=en", url=f"http://127.0.0.1:{web}/")
    page.wait_value("temp", "23.5")
