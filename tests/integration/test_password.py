# SPDX-License-Identifier: MIT
"""The password is read at each connection: one that was changed is used without a word to the gateway."""

import subprocess

import pytest
from conftest import make_map

USER = "gateway"


@pytest.fixture
def make_locked(make_broker, folder):
    """A broker that knows one user. It is started anew for another password, on the same port."""

    def make(password, port=None):
        passwords = folder / "passwords"
        passwords.write_text("")
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), USER, password], check=True)
        return make_broker(f"user root\nallow_anonymous false\npassword_file {passwords}", port)

    return make


@pytest.fixture
def secret(folder):
    path = folder / "password"
    path.write_text("old\n")
    path.chmod(0o600)
    return path


def map_with(port, secret):
    return make_map(port, mqtt=f"  username: {USER}\n  password_file: {secret}")


@pytest.mark.parametrize("is_reloaded", [False, True], ids=["by itself", "after a reload"])
def test_a_rotated_password_is_used(make_locked, make_gateway, secret, is_reloaded):
    broker = make_locked("old")
    gateway = make_gateway(map_with(broker.port, secret))
    gateway.log.wait("connected to")
    broker.stop()
    secret.write_text("new\n")
    mark = gateway.log.mark()
    if is_reloaded:
        gateway.reload()
        gateway.log.wait("reload: done", mark)
    make_locked("new", broker.port)
    gateway.log.wait("connected to", mark)
    assert not [line for line in gateway.log.since(mark) if "the broker refused" in line]


def gone(path):
    path.unlink()
    return "No such file or directory: put the file there, with the password as its first line"


def open_to_others(path):
    path.chmod(0o644)
    return "others can read it: set its mode to 600"


def too_long(path):
    path.write_text("x" * 5000)
    return "it has more than 4096 bytes: the password is its first line, and nothing else belongs there"


def a_folder(path):
    path.unlink()
    path.mkdir()
    return "Is a directory"


@pytest.mark.parametrize("spoil", [gone, open_to_others, too_long, a_folder])
def test_a_password_that_cannot_be_read_is_told_with_the_cure_and_tried_again(make_locked, make_gateway, secret, spoil):
    broker = make_locked("old")
    gateway = make_gateway(map_with(broker.port, secret))
    gateway.log.wait("connected to")
    mark = gateway.log.mark()
    reason = spoil(secret)
    broker.stop()
    make_locked("old", broker.port)
    gateway.log.wait(rf"cannot connect to .*: password: {secret}: {reason}; trying again in", mark)
    if secret.is_dir():
        secret.rmdir()
    secret.write_text("old\n")
    secret.chmod(0o600)
    gateway.log.wait("connected to", mark)


def test_a_credential_of_systemd_is_a_copy_from_the_start(make_locked, make_gateway, folder):
    """A credential of systemd cannot change. The user is told what to do after changing its source."""
    (folder / "credentials").mkdir()
    (folder / "credentials" / "mqtt-password").write_text("old")
    broker = make_locked("new")
    environment = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    gateway = make_gateway(make_map(broker.port, mqtt=f"  username: {USER}"), environment=environment)
    gateway.log.wait(
        r"the broker refused: Not authorized .*; the credential is a copy from the start: restart tosd after it was "
        "changed; trying again in"
    )


def test_a_refused_password_of_a_file_needs_no_restart(make_locked, make_gateway, secret):
    broker = make_locked("new")
    gateway = make_gateway(map_with(broker.port, secret))
    line = gateway.log.wait("the broker refused: Not authorized.*").group(0)
    assert "restart" not in line
