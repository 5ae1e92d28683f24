# SPDX-License-Identifier: MIT
"""The Debian package of the gateway, from its installation to its purge, under systemd and with a motor that runs."""

from lifecycle import coming_online, put_map

from board import FORWARD, MAP
from service import MAP_PATH

RUN = {"motor": {"direction": "forward", "speed": 10}}


def test_without_a_map_it_waits_for_one(guest, package, service):
    said = package.install()
    assert f"there is no device map yet. Write one to {MAP_PATH}, and the gateway starts." in said
    assert f"sudo tosctl probe --write {MAP_PATH}" in said
    assert guest.run("systemctl is-enabled tosd.service tosd.path").split() == ["enabled", "enabled"]
    assert (service.show("ActiveState"), service.show("Result")) == ("inactive", "success")
    assert guest.run("systemctl --failed --no-legend") == ""
    with coming_online(service):
        put_map(guest, MAP)
    service.reading(lambda r: r["humi"] == 45)
    assert guest.run("tosd --version").split()[-1] in package.now


def test_a_first_map_with_a_mistake_is_told_and_can_be_mended(guest, package, service):
    package.install()
    put_map(guest, MAP.replace("humidity", "humidty"))
    service.wait("[ $(systemctl show -P ExecMainStatus tosd) = 78 ]")
    service.wait("systemctl is-failed -q tosd")
    service.wait("""journalctl -u tosd | grep -q 'did you mean "humidity"'""")
    with coming_online(service):
        put_map(guest, MAP)


def test_an_installation_with_a_mistaken_map_there_succeeds(guest, package, service):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, "chips: [")
    package.install()
    assert package.state() == "install ok installed"
    service.wait("systemctl is-failed -q tosd")
    assert service.show("ExecMainStatus") == "78"


def test_an_upgrade_stops_the_motor_and_goes_on(guest, package, service, wire):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, MAP)
    with coming_online(service):
        package.install(package.before)
    service.do(**RUN)
    pid, mark = service.show("MainPID"), wire.mark()
    with coming_online(service):
        package.install()
    assert service.show("MainPID") not in (pid, "0")
    wire.wait(FORWARD, 0, mark)
    assert not any(change.value for change in wire.since(mark))
    assert "ending on SIGTERM; motors are stopped" in guest.run(f"journalctl --sync; journalctl -u tosd _PID={pid}")
    service.do(**RUN)


def test_removed_purged_and_installed_again(guest, package, service, wire):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, MAP)
    with coming_online(service):
        package.install()
    service.do(**RUN)
    mark = wire.mark()
    package.remove()
    wire.wait(FORWARD, 0, mark)
    assert not any(change.value for change in wire.since(mark))
    assert guest.attempt("pidof tosd")[0] != 0
    guest.run(f"test -e {MAP_PATH} && test -d /var/lib/tos")
    with coming_online(service):
        package.install()
    package.purge()
    assert package.is_unknown()
    assert package.residue() == []
    assert guest.run("systemctl --failed --no-legend") == ""
    package.install()
    assert service.show("ActiveState") == "inactive"
