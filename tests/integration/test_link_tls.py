# SPDX-License-Identifier: MIT
"""mqtts://: the identity of the broker is always checked."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
from conftest import make_map
from harness import free_port

EXTENSIONS = {"good": "DNS:localhost,IP:127.0.0.1", "stranger": "DNS:elsewhere.example", "named": "DNS:localhost"}


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


def make_expired_certificate(place, name):
    make_certificate(place, name, EXTENSIONS["good"])
    config = place / "authority.conf"
    config.write_text(
        "[ca]\ndefault_ca = a\n[p]\ncommonName = supplied\n[a]\npolicy = p\ndefault_md = sha256\n"
        f"database = {place}/authority.index\nserial = {place}/ca.srl\nnew_certs_dir = {place}\n"
    )
    (place / "authority.index").write_text("")
    openssl(
        *("ca", "-batch", "-notext", "-config", config, "-cert", place / "ca.crt"),
        *("-keyfile", place / "ca.key", "-in", place / f"{name}.csr", "-out", place / f"{name}.crt"),
        *("-extfile", place / f"{name}.ext", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"),
    )


@pytest.fixture(scope="module")
def keys():
    place = pathlib.Path(tempfile.mkdtemp(prefix="tos-keys-"))
    make_ca(place, "ca")
    make_ca(place, "other")
    for name, alternative in EXTENSIONS.items():
        make_certificate(place, name, alternative)
    make_certificate(place, "client", "DNS:client")
    make_expired_certificate(place, "expired")
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
    for version in ("tlsv1.2", "tlsv1.3"):
        broker = make_tls_broker(extra=f"cafile {keys}/ca.crt\nrequire_certificate true\ntls_version {version}")
        gateway = make_gateway(tls_map(broker, keys))
        gateway.log.wait(
            r"cannot connect to mqtts://.*: TLS: the broker wants a certificate of ours \(it says: .*\): "
            r"set mqtt\.tls\.cert and mqtt\.tls\.key; trying again in"
        )


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_a_client_certificate_that_the_broker_does_not_accept(make_tls_broker, make_gateway, keys, version):
    broker = make_tls_broker(extra=f"cafile {keys}/other.crt\nrequire_certificate true\ntls_version {version}")
    gateway = make_gateway(tls_map(broker, keys, more=f", cert: {keys}/client.crt, key: {keys}/client.key"))
    gateway.log.wait(r"TLS: the broker does not accept our certificate, mqtt\.tls\.cert .*/client\.crt \(it says: .*\);")


def test_a_key_of_another_certificate(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker(extra=f"cafile {keys}/ca.crt\nrequire_certificate true")
    gateway = make_gateway(tls_map(broker, keys, more=f", cert: {keys}/client.crt, key: {keys}/good.key"))
    gateway.log.wait(r"mqtt\.tls\.key: .*/good\.key is not the key of the certificate .*/client\.crt; trying again in")


def test_a_key_with_a_password(make_tls_broker, make_gateway, keys):
    openssl("rsa", "-aes128", "-passout", "pass:x", "-in", keys / "client.key", "-out", keys / "locked.key")
    broker = make_tls_broker(extra=f"cafile {keys}/ca.crt\nrequire_certificate true")
    gateway = make_gateway(tls_map(broker, keys, more=f", cert: {keys}/client.crt, key: {keys}/locked.key"))
    gateway.log.wait(r"mqtt\.tls\.key: .*/locked\.key is encrypted; it must not have a password; trying again in")
    assert not any("pass phrase" in line for line in gateway.log.since())


@pytest.mark.parametrize("host, sort", [("localhost", "stranger"), ("127.0.0.1", "named")])
def test_a_certificate_of_another_host_is_refused(make_tls_broker, make_gateway, keys, host, sort):
    broker = make_tls_broker(sort)
    gateway = make_gateway(tls_map(broker, keys, host=host))
    name = EXTENSIONS[sort].removeprefix("DNS:")
    gateway.log.wait(
        rf'cannot connect to mqtts://.*: TLS: the certificate is not for "{host}" but for {name}: use such a name in '
        r"mqtt\.url, or have the broker's certificate made for this one; trying again in"
    )


def test_a_certificate_of_an_unknown_authority_is_refused(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker()
    told = r"cannot connect to mqtts://.*: TLS: the broker's certificate is signed by \"ca\", "
    gateway = make_gateway(tls_map(broker, keys, ca="other"))
    gateway.log.wait(told + r"whose certificate is not in mqtt\.tls\.ca \(.*/other\.crt\); trying again in")
    gateway = make_gateway(tls_map(broker, keys).replace(f"ca: {keys}/ca.crt", ""))
    gateway.log.wait(told + r"which this system does not know: name its certificate in mqtt\.tls\.ca; trying again in")


def test_an_expired_certificate_is_refused(make_tls_broker, make_gateway, keys):
    gateway = make_gateway(tls_map(make_tls_broker("expired"), keys))
    gateway.log.wait(
        r"TLS: the broker's certificate expired at 2021-01-01 00:00 UTC \(the clock says 20\d\d-.* UTC\): renew it there;"
    )


def test_a_clock_that_is_not_set_is_named(make_tls_broker, make_gateway, keys, folder, preload):
    """A board without a clock of its own begins in 1970, when no certificate was valid yet."""
    environment = preload("late_clock", TOS_TEST_CLOCK=folder / "clock")
    gateway = make_gateway(tls_map(make_tls_broker(), keys), environment=environment)
    gateway.log.wait(
        r"TLS: the certificate of the broker's authority is valid from 20\d\d-.* UTC on, and the clock says 1970-01-01 .* UTC: set the "
        "clock, or see why it is not set yet;"
    )


def test_a_port_without_tls_is_named(broker, make_gateway, keys):
    gateway = make_gateway(tls_map(broker, keys))
    gateway.log.wait(
        f"TLS: port {broker.port} speaks MQTT without TLS: use the broker's port for TLS, or mqtt://; trying again in"
    )


def test_a_port_of_something_else_is_named(make_gateway, keys):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        text = make_map(port).replace(f"mqtt://127.0.0.1:{port}", f"mqtts://127.0.0.1:{port}")
        make_gateway(text).log.wait(f"TLS: what answers on port {port} does not speak TLS; mostly it is port 8883")
        server.shutdown(socket.SHUT_RDWR)


def test_a_missing_file_is_named(make_tls_broker, make_gateway, keys):
    broker = make_tls_broker()
    (keys / "gone.crt").write_text("")
    text = tls_map(broker, keys, ca="gone")
    gateway = make_gateway(text)
    gateway.log.wait(r"cannot connect to mqtts://.*: mqtt\.tls\.ca: .*/gone\.crt holds no certificate in PEM format;")
