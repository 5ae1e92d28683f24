# SPDX-License-Identifier: MIT
"""mqtts://: who the broker is gets checked, always."""

import pathlib
import shutil
import subprocess
import tempfile

import pytest
from conftest import make_map
from harness import free_port

EXTENSIONS = {"good": "DNS:localhost,IP:127.0.0.1", "stranger": "DNS:elsewhere.example"}


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_ca(place, name):
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-keyout", place / f"{name}.key", "-out", place / f"{name}.crt"),
    )


def make_certificate(place, name, alternative):
    extensions = place / f"{name}.ext"
    extensions.write_text(f"subjectAltName={alternative}\n")
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
        *("-keyout", place / f"{name}.key", "-out", place / f"{name}.csr"),
    )
    openssl(
        *("x509", "-req", "-in", place / f"{name}.csr", "-out", place / f"{name}.crt", "-days", "2"),
        *("-CA", place / "ca.crt", "-CAkey", place / "ca.key", "-CAcreateserial", "-extfile", extensions),
    )


@pytest.fixture(scope="module")
def keys():
    place = pathlib.Path(tempfile.mkdtemp(prefix="tos-keys-"))
    make_ca(place, "ca")
    make_ca(place, "other")
    for name, alternative in EXTENSIONS.items():
        make_certificate(place, name, alternative)
    make_certificate(place, "client", "DNS:client")
    # The broker drops its privileges, and the folder for temporary files may be private.
    for path in (place, place.parent):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o711)
    for path in place.iterdir():
        path.chmod(0o644)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def make_tls_broker(make_broker, keys):
    def make(certificate="good", extra=""):
        port = free_port()
        return make_broker(
            f"listener {port} 127.0.0.1\ncertfile {keys}/{certificate}.crt\nkeyfile {keys}/{certificate}.key\n{extra}",
            port,
        )

    return make


def tls_map(broker, keys, ca="ca", host="localhost", more=""):
    text = make_map(broker.port, mqtt=f"  tls: {{ca: {keys}/{ca}.crt{more}}}")
    return text.replace(f"mqtt://127.0.0.1:{broker.port}", f"mqtts://{host}:{broker.port}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_connects_and_obeys(make_tls_broker, make_client, make_gateway, keys, host, version):
    broker = make_tls_broker(extra=f"tls_version {version}")
    make_gateway(tls_map(broker, keys, host=host))
    client = make_client(broker.port, host="localhost", tls={"ca_certs": str(keys / "ca.crt")})
    client.wait("tos/sensors")
    assert client.ask("1 1", topic="tos/actions/leds") == "led1 on"


def test_many_commands_in_few_records(make_tls_broker, make_client, make_gateway, keys):
    """TLS may hold several packets that the socket no longer shows."""
    broker = make_tls_broker()
    make_gateway(tls_map(broker, keys))
    client = make_client(broker.port, host="localhost", tls={"ca_certs": str(keys / "ca.crt")})
    client.wait("tos/status", lambda m: m.payload == b"online")
    for number in range(200):
        client.client.publish("tos/actions", f'{{"id":{number},"led":{{"0":{{"on":true}}}}}}', 1)
    for number in range(200):
        assert client.wait_json("tos/actions/ack", lambda answer: answer["id"] == number)["ok"]


def test_a_client_certificate_is_shown(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker(extra=f"cafile {keys}/ca.crt\nrequire_certificate true")
    gateway = make_gateway(tls_map(broker, keys, more=f", cert: {keys}/client.crt, key: {keys}/client.key"))
    gateway.log.wait("connected to mqtts://")


def test_without_a_client_certificate_where_one_is_wanted(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker(extra=f"cafile {keys}/ca.crt\nrequire_certificate true")
    gateway = make_gateway(tls_map(broker, keys))
    gateway.log.wait("cannot connect to mqtts://.*: TLS: .*; trying again in")


def test_a_certificate_of_another_host_is_refused(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker("stranger")
    gateway = make_gateway(tls_map(broker, keys))
    gateway.log.wait('cannot connect to mqtts://.*certificate is not for "localhost"; trying again in')


def test_a_certificate_of_an_unknown_authority_is_refused(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker()
    gateway = make_gateway(tls_map(broker, keys, ca="other"))
    gateway.log.wait("cannot connect to mqtts://.*: TLS: certificate verify failed; trying again in")


def test_a_missing_file_is_named(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker()
    (keys / "gone.crt").write_text("")
    text = tls_map(broker, keys, ca="gone")
    gateway = make_gateway(text)
    gateway.log.wait("cannot connect to mqtts://.*: ")
