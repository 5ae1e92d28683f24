# SPDX-License-Identifier: MIT
"""The ways of tosctl to its broker: options, its file, the map, a socket, users and TLS."""

import subprocess

import pytest
from conftest import TOSCTL_WAIT_S, make_map
from harness import free_port

# Fixtures are found by their names.
from test_link_tls import keys, make_tls_broker, tls_map  # noqa: F401


def test_the_connection_comes_from_a_file_or_the_map(gateway, client, tosctl, broker, folder):
    client.wait("tos/about")

    def run(*arguments, code=0):
        got, out, err = tosctl("-W", TOSCTL_WAIT_S, *arguments, "names")
        assert got == code, err
        return out + err

    names = "led red\nled green\nled blue\nmotor motor0\n"
    path = folder / "tosd.yaml"
    path.write_text(make_map(broker.port))
    assert run("-c", str(path)) == names
    assert run("-L", f"mqtt://127.0.0.1:{broker.port}") == names
    (folder / ".config").mkdir()
    own = folder / ".config" / "tosctl"
    own.write_text(f"# mine\n-h 127.0.0.1\n--port {broker.port}\n")
    assert run() == names
    assert "no gateway" in run("-t", "other", "-W", "5", code=3)
    # The settings of one place are not used for another.
    own.write_text("-h nowhere.invalid\n-p 1\n")
    assert run("-c", str(path)) == names
    assert run("-L", f"mqtt://127.0.0.1:{broker.port}") == names
    own.write_text("-h 127.0.0.1\n--prot 1883\n")
    assert f"that stands in {own}" in run(code=2)
    own.write_text("# long\n" * 2000)
    assert f"{own} is larger than 8191 bytes" in run(code=2)


@pytest.mark.parametrize("version", ["5", "311"])
def test_a_socket_of_this_machine(make_broker, make_client, make_gateway, tosctl, folder, version):
    """A client that goes elsewhere finds no broker: there is none on the default port."""
    path, port = folder / "mqtt.sock", free_port()
    make_broker(f"user root\nlistener {port} 127.0.0.1\nlistener 0 {path}", port)
    client = make_client(port)
    make_gateway(make_map(port))
    client.wait("tos/about")

    def run(*arguments):
        return tosctl("-W", TOSCTL_WAIT_S, "-V", version, *arguments)

    assert run("--unix", path, "led", "red", "on") == (0, "led 0: on, bright 10\n", "")
    client.wait_json("tos/state", lambda state: state["led"]["0"]["on"])
    (folder / ".config").mkdir()
    own = folder / ".config" / "tosctl"
    own.write_text(f"--unix {path}\n")
    assert run("led", "red", "off") == (0, "led 0: off, bright 10\n", "")
    assert run("-h", "127.0.0.1", "-p", str(port), "led", "red", "on")[0] == 0  # that is meant, not the file's
    own.write_text("-h nowhere.invalid\n")
    assert run("--unix", path, "names")[0] == 0
    assert run("--unix", path, "-p", "1883", "names")[::2] == (
        2, "tosctl: --unix is a place of its own: leave out -h, -p and -L\nTry 'tosctl --help'.\n"
    )
    none = folder / "none"
    assert run("--unix", none, "names") == (3, "", f"tosctl: {none}: No such file or directory\n")
    assert run("--unix", own, "names") == (3, "", f"tosctl: {own}: Connection refused\n")
    long = "/" + 200 * "x"
    assert run("--unix", long, "names") == (3, "", f"tosctl: {long}: File name too long\n")


def test_a_user_and_a_password(make_broker, make_client, make_gateway, call, folder):
    """An action that a viewer may not send gets no answer. A wrong password is reported."""
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user in ("operator", "gateway"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, f"{user}-1"], check=True)
    broker = make_broker(f"user root\nallow_anonymous false\npassword_file {passwords}")
    secret = folder / "secret"
    secret.write_text("gateway-1\n")
    secret.chmod(0o600)
    client = make_client(broker.port, username="operator", password="operator-1")
    make_gateway(make_map(broker.port, f"  username: gateway\n  password_file: {secret}"))
    client.wait("tos/about")
    user = ("-u", "operator", "-P")
    assert call(*user, "operator-1", "led", "red", "on", port=broker.port)[0] == 0
    code, _, err = call(*user, "wrong", "status", port=broker.port)
    assert code == 3 and "user" in err.lower()
    # The user's own file takes it, too. Then others cannot see it on the command line.
    (folder / ".config").mkdir()
    (folder / ".config" / "tosctl").write_text("-u operator\n-P operator-1\n")
    assert call("led", "red", "off", port=broker.port)[0] == 0


def test_tls(make_tls_broker, keys, make_gateway, tosctl):  # noqa: F811
    broker = make_tls_broker()
    gateway = make_gateway(tls_map(broker, keys))
    gateway.log.wait("connected to mqtts://")

    def run(ca):
        url = f"mqtts://localhost:{broker.port}"
        return tosctl("--cafile", f"{keys}/{ca}.crt", "-L", url, "-W", TOSCTL_WAIT_S, "led", "red", "on")

    # Also where the broker is so quick that a handshake is over at once.
    for _ in range(20):
        assert run("ca") == (0, "led 0: on, bright 10\n", "")
    code, _, err = run("other")
    assert code == 3 and "certificate" in err
