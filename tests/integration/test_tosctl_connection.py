# SPDX-License-Identifier: MIT
"""The ways of tosctl to its broker: options, its file, the map, a socket, users and TLS."""

import contextlib
import pathlib
import signal
import socket
import subprocess
import threading

import pytest
from conftest import TOSCTL_WAIT_S, make_map
from harness import TIMEOUT, free_port

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
    own.write_text(f"-h 127.0.0.1 \n-p\t{broker.port}\t \n-V  5 \r\n -W 60 \n")  # what nobody sees
    assert run() == names
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
    assert code == 3 and "(see -u and -P, which ~/.config/tosctl may have too)" in err
    # The user's own file takes it, too. Then others cannot see it on the command line.
    (folder / ".config").mkdir()
    (folder / ".config" / "tosctl").write_text("-u operator\n-P operator-1\n")
    assert call("led", "red", "off", port=broker.port)[0] == 0


def test_what_a_user_may_not_do(make_broker, make_client, make_gateway, call, folder):
    """The broker tells who sends with MQTT 5, and leaves out what may not be read."""
    acl = folder / "acl"
    acl.write_text("topic readwrite #\nuser viewer\ntopic read tos/#\nuser blind\n"
                   "topic read tos/status\ntopic read tos/health\ntopic read tos/state\ntopic read tos/sensors\n")
    broker = make_broker(f"user root\nallow_anonymous true\nacl_file {acl}")
    client = make_client(broker.port)
    make_gateway(make_map(broker.port))
    client.wait("tos/about")
    refused = "tosctl: the broker refused the message on tos/actions: Not authorized; may this user send it (-u)?\n"
    for words in (("led", "red", "on"), ("interval", "1s"), ("read",)):
        assert call("-u", "viewer", *words, port=broker.port) == (1, "", refused)
    code, out, err = call("-u", "blind", "status", port=broker.port, wait="5")
    assert (code, err) == (0, "") and "outputs   unknown: nothing came on about; may this user read it (-u)?\n" in out
    code, out, _ = call("-u", "viewer", "status", port=broker.port)
    assert code == 0 and "outputs" not in out


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
    assert code == 3 and f"not in --cafile ({keys}/other.crt)" in err
    code, _, err = tosctl("-L", f"mqtts://localhost:{broker.port}", "names")
    assert code == 3 and "name its certificate in --cafile" in err
    # A certificate that nobody would look at.
    code, _, err = tosctl("--cafile", f"{keys}/ca.crt", "-L", f"mqtt://localhost:{broker.port}", "names")
    assert code == 2 and "is without TLS, so it takes no certificate: write mqtts://" in err


def test_what_needs_no_broker_looks_for_none(tosctl, folder):
    """The map of this machine may be the very one that is wrong."""
    bad = folder / "bad.yaml"
    bad.write_text("mqtt: {url: mqtt://localhost}\nchips:\n  climate: {driver: bme28, bus: /dev/i2c-1}\n")
    good = folder / "good.yaml"
    good.write_text("mqtt: {url: mqtt://localhost}\n")
    (folder / ".config").mkdir()
    (folder / ".config" / "tosctl").write_text(f"-c {bad}\n")
    for arguments in (("drivers", "bme280"), ("outputs",), ("schema",), ("size", "5", good), ("check", good), ("help",)):
        code, out, err = tosctl(*arguments)
        assert (code, err) == (0, "") and out, arguments
    assert tosctl()[::2] == (2, "tosctl: say what to do. Try 'tosctl --help', or 'tosctl status'.\n")
    code, _, err = tosctl("status")
    assert code == 2 and 'did you mean "bme280"?' in err
    assert f"tosctl: so {bad} does not say where the broker is: mend it\n" in err


@pytest.mark.skipif(pathlib.Path("/etc/tos/tosd.yaml").exists(), reason="this machine's map names a broker")
def test_without_a_broker_it_says_how_to_name_one(tosctl, folder):
    """Also where the mistake is another one."""
    none = f"mqtt://localhost:{free_port()}"
    where = "tosctl: is the broker elsewhere? Name it: -h HOST, here or in ~/.config/tosctl\n"
    port = none.rpartition(":")[2]
    assert tosctl("-p", port, "status") == (3, "", f"tosctl: {none}: Connection refused\n{where}")
    assert tosctl("-L", none, "status") == (3, "", f"tosctl: {none}: Connection refused\n")
    assert '"reboot" is no command either; tosctl help lists them' in tosctl("-p", port, "reboot")[2]
    assert "no command" not in tosctl("-p", port, "led", "on")[2]


def test_help_is_a_command(tosctl):
    assert tosctl("help") == tosctl("--help")
    assert tosctl("help", "size")[:2] == (
        0, "Usage: tosctl size GATEWAYS [FILE]\nwhat so many gateways are for a broker\n"
    )


def test_a_port_for_tls_is_told(tosctl):
    """A broker that expects TLS closes the connection without a word."""
    with socket.create_server(("127.0.0.8", 8883)) as server:

        def hang_up():
            with contextlib.suppress(OSError):  # it is closed at the end
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        code, _, err = tosctl("-L", "mqtt://127.0.0.8:8883", "names")
        server.shutdown(socket.SHUT_RDWR)
    assert code == 3 and "the broker closed the connection: its port 8883 is mostly for TLS, with mqtts://" in err


def test_a_broker_that_does_not_answer_holds_nobody(program, environment):
    """Nothing has been done yet, so a signal ends it at once, as that of Ctrl-C does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        with subprocess.Popen([program, "-L", url, "status"], env=environment) as process:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1)
                process.terminate()
                assert process.wait(TIMEOUT) == -signal.SIGTERM


def test_each_broker_of_a_map_is_tried(gateway, client, tosctl, broker, folder):
    client.wait("tos/about")
    path, dead, other = folder / "tosd.yaml", free_port(), free_port()
    path.write_text(f"mqtt: {{url: ['mqtt://127.0.0.1:{dead}', 'mqtt://127.0.0.1:{broker.port}']}}\n")
    code, out, err = tosctl("-c", path, "-W", TOSCTL_WAIT_S, "led", "red", "on")
    assert (code, out, err) == (0, "led 0: on, bright 10\n", "")
    path.write_text(f"mqtt: {{url: ['mqtt://127.0.0.1:{dead}', 'mqtt://127.0.0.1:{other}']}}\n")
    refused = [f"tosctl: mqtt://127.0.0.1:{port}: Connection refused\n" for port in (dead, other)]
    assert tosctl("-c", path, "names") == (3, "", "".join(refused))


def test_the_command_line_wins_over_the_map(gateway, client, tosctl, broker, folder):
    client.wait("tos/about")
    path, dead = folder / "tosd.yaml", free_port()
    path.write_text(make_map(dead))

    def run(*arguments):
        return tosctl("-W", TOSCTL_WAIT_S, *arguments, "led", "red", "on")[0]

    assert run("-c", path) == 3
    assert run("-c", path, "-L", f"mqtt://127.0.0.1:{broker.port}") == 0
    assert run("-c", path, "-p", str(broker.port)) == 0
    assert run("-L", f"mqtt://127.0.0.1:{dead}", "-p", str(broker.port)) == 0


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("-h", "broker.local:1884"), "-h takes a host, and -p its port: -h broker.local -p 1884"),
        (("-h", "mqtt://broker.local"), "-h takes a host, and -L a URL: -L mqtt://broker.local"),
        (("-h", "a", "-L", "mqtt://b"), "-h and -L both name the broker: leave out one"),
        (("-t", "tos/"), "-t takes a topic without a / at its end"),
        (("-L", "mqtt://me:secret@b"), "names a user; give it with -u and -P"),
    ],
)
def test_a_place_that_is_none_is_a_mistake(tosctl, arguments, words):
    code, _, err = tosctl(*arguments, "status")
    assert code == 2 and words in err
