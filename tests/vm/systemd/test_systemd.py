# SPDX-License-Identifier: MIT
"""The gateway as a service of systemd, with the files as they are shipped: unit, user, groups, udev rules."""

import re

import pytest

from board import BACKWARD, FORWARD, LED_MAP, MAP, RED, is_whole, registers
from service import MAP_PATH, Service, systemd_guest

RUN = {"motor": {"direction": "forward", "speed": 10}, "led": {"red": {"on": True}}}


@pytest.fixture(scope="session")
def guest(tmp_path_factory):
    with systemd_guest(tmp_path_factory.mktemp("systemd")) as guest:
        yield guest


@pytest.fixture
def service(guest, parts, client):
    del parts
    service = Service(guest, client)
    yield service
    guest.run("systemctl stop tosd")


def test_it_is_enabled_started_and_ready(guest, service):
    assert "multi-user.target.wants/tosd.service" in guest.run("systemctl enable tosd")
    assert guest.run("systemctl is-enabled tosd") == "enabled"
    service.start()
    assert service.show("ActiveState") == "active"
    assert service.show("User") == "tos"
    assert guest.run("stat -c %U /proc/$(systemctl show -P MainPID tosd)") == "tos"
    assert "sensors" in service.show("StatusText"), service.show("StatusText")
    reading = service.reading(is_whole)
    assert reading["humi"] == 45 and abs(reading["temp"] - 23.4) <= 0.1


def test_the_shipped_rules_let_it_reach_every_output(guest, service):
    service.start()
    service.do(motor=RUN["motor"], led={"red": {"on": True}, "green": {"bright": 4}, "blue": {"bright": 4}})
    assert guest.run("cat /sys/class/pwm/pwmchip0/pwm1/duty_cycle") == "400000"
    assert guest.run("stat -c %G /dev/i2c-1 /dev/gpiochip0 /sys/class/pwm/pwmchip0/pwm1/duty_cycle").split() == [
        "i2c",
        "gpio",
        "gpio",
    ]


def test_the_sandbox_leaves_it_real_time_and_nothing_of_the_host_s_users(guest, service):
    service.start()
    # The sampler's thread. Fields 40 and 41: priority and policy, proc(5).
    tasks = guest.run("cut -d' ' -f40,41 /proc/$(systemctl show -P MainPID tosd)/task/*/stat").splitlines()
    assert "10 1" in tasks and "0 0" in tasks, tasks
    pid = service.show("MainPID")
    assert guest.run(f"readlink /proc/{pid}/ns/user") != guest.run("readlink /proc/1/ns/user")


def test_it_reaches_the_kernels_leds_through_its_sandbox(guest, service, make_led):
    led = make_led()
    guest.run("udevadm settle")
    assert guest.run(f"stat -c '%G %a' {led.folder}/brightness") == "gpio 664"
    service.start(text=LED_MAP)
    service.do(led={"act": {"on": True}})
    assert led.read() == "255"


def test_it_reads_what_the_kernel_measures(guest, service, bind):
    bind("bmp280-i2c", "bme280", 0x77)
    assert guest.run("cat /sys/bus/iio/devices/iio:device0/name") == "bme280"
    service.start(text=MAP.replace("bme280, bus: /dev/i2c-1, address: 0x77", "iio, bus: bme280").replace("climate.temperature", "climate.temp").replace("climate.humidity", "climate.humidityrelative"))
    reading = service.reading(lambda r: None not in r.values())
    assert reading["humi"] == 45 and abs(reading["temp"] - 23.4) <= 0.1


def test_what_was_there_before_the_rules_gets_its_group_by_udevadm_trigger(guest, make_led):
    """As docs/installing.md has it done after the installation."""
    attributes = f"{make_led().folder}/brightness /sys/class/pwm/pwmchip0/export"
    guest.run(f"udevadm settle; chgrp root {attributes}; udevadm trigger; udevadm settle")
    assert guest.run(f"stat -c %G {attributes}").split() == ["gpio", "gpio"]


def test_a_reload_takes_a_good_map_and_refuses_a_bad_one(guest, service, wire):
    service.start()
    service.do(led={"red": {"on": True}})
    mark, pid = wire.mark(), service.show("MainPID")
    guest.write(MAP_PATH, MAP.replace("  humi:", "  feuchte:"))
    client_mark = service.client.mark()
    guest.run("systemctl reload tosd")
    service.client.wait_json("tos/sensors", lambda r: r.get("feuchte") == 45, client_mark)
    guest.write(MAP_PATH, MAP.replace("  humi:", "  humi: {}\n  humid:"))
    guest.run("systemctl reload tosd")
    service.wait("journalctl -u tosd | grep -q 'reload: refused'")
    service.reading(lambda r: r["feuchte"] == 45)
    assert service.show("MainPID") == pid and service.show("ActiveState") == "active"
    assert wire.since(mark, [RED]) == []


def test_a_reload_with_a_new_pwm_channel_waits_for_no_udev(guest, service, wire):
    """A motor can be stopped meanwhile, and the LED works once udev has opened its channel."""
    folder = "/sys/class/pwm/pwmchip0"
    guest.run(f"[ ! -e {folder}/pwm1 ] || echo 1 >{folder}/unexport")
    service.start(text=MAP.replace("  - {name: blue, pwm: pwmchip0.1, gamma: 1}\n", ""))
    service.do(**RUN)
    guest.run("udevadm control --stop-exec-queue")
    try:
        guest.write(MAP_PATH, MAP)
        guest.run("systemctl reload tosd")
        service.wait("journalctl -u tosd | grep -q 'pwm1 was exported just now, and udev has not opened it'")
        mark = wire.mark()
        service.do(motor={"direction": "stop"})
        wire.wait(FORWARD, 0, mark)
    finally:
        guest.run("udevadm control --start-exec-queue; udevadm settle")
    service.do(led={"blue": {"bright": 4}})
    assert guest.run(f"cat {folder}/pwm1/duty_cycle") == "400000"


def test_the_watchdog_ends_a_stopped_process_and_its_motor(service, wire):
    service.start()
    service.do(**RUN)
    mark, client_mark = wire.mark(), service.client.mark()
    service.restarted("kill -STOP {pid}", client_mark)
    assert wire.since(mark, [FORWARD])[0].value == 0
    assert any("Watchdog timeout" in str(entry["MESSAGE"]) for entry in service.journal())
    assert service.show("NRestarts") == "1"


def test_a_bad_map_is_not_tried_again(guest, service):
    service.start()
    guest.run("systemctl stop tosd")
    guest.write(MAP_PATH, "chips: [")
    guest.attempt("systemctl start tosd")
    service.wait("[ $(systemctl show -P ActiveState tosd) = failed ]")
    assert service.show("ExecMainStatus") == "78"
    assert service.show("NRestarts") == "0"


def test_a_start_that_is_refused_leaves_the_motor_stopped(guest, service, wire):
    """A mistake that is not in the outputs, and a motor that something else left running."""
    service.start("Restart=no")
    guest.write(MAP_PATH, MAP + "nobody_knows_this: 1\n")
    service.do(**RUN)
    mark = wire.mark()
    guest.run("rm -f /var/lib/tos/running-map.yaml; kill -KILL $(systemctl show -P MainPID tosd)")
    wire.wait(FORWARD, 0, mark)
    service.wait("[ $(systemctl show -P ActiveState tosd) = failed ]")
    mark = wire.mark()
    guest.attempt("systemctl start tosd")
    service.wait("[ $(systemctl show -P ExecMainStatus tosd) = 78 ]")
    service.wait("journalctl -u tosd | grep -q 'the mistakes are elsewhere in the map'")
    assert not any(change.value for change in wire.since(mark))


def test_after_sigkill_the_unit_makes_the_motor_safe(guest, service, wire):
    service.start("Restart=no")
    service.do(**RUN)
    mark = wire.mark()
    guest.run("kill -KILL $(systemctl show -P MainPID tosd)")
    wire.wait(FORWARD, 0, mark)
    service.wait("journalctl -u tosd | grep -q 'all motors are stopped'")
    assert {change.line for change in wire.since(mark)} == {FORWARD, BACKWARD}
    assert not any(change.value for change in wire.since(mark))
    # Bit 4 of LED0_OFF_H: full off.
    assert registers(guest, 2, 0x40, 0x09, 1)[0] & 0x10


def test_devices_that_the_unit_does_not_list_are_refused_with_the_cure(guest, service):
    listed = "DeviceAllow=\nDeviceAllow=/dev/i2c-2 rw"
    service.start(listed)
    health = service.health(lambda h: not (h["sensors"]["temp"]["ok"] or h["actuators"]["led.0"]["ok"]))
    errors = [health["sensors"]["temp"]["error"], health["actuators"]["led.0"]["error"]]
    cure = r"no permission for (\S+): not in the systemd unit; add (DeviceAllow=\1 rw) to its \[Service\]"
    cures = [re.search(cure, error).group(2) for error in errors]
    assert service.reading()["temp"] is None
    service.do(led={"green": {"bright": 5}})
    guest.run("systemctl stop tosd")
    service.start("\n".join([listed, *cures]))
    service.reading(lambda r: r["temp"] is not None)
    service.do(led={"red": {"on": True}})


def test_the_state_directory_is_its_own_and_the_rest_is_read_only(guest, service):
    service.start()
    text = MAP.replace("interval: 200ms", "interval: {default: 200ms, remember: true}")
    guest.write(MAP_PATH, text)
    guest.run("systemctl restart tosd")
    service.client.wait_json("tos/sensors", mark=service.client.mark())
    service.do(sensors={"interval": 300})
    guest.run("systemctl stop tosd")
    assert guest.run("stat -c '%U %a' /var/lib/tos") == "tos 700"
    assert guest.run("ls -A /var/lib/tos") != ""
    service.start()
    # Root itself, where the process is.
    code, text = guest.attempt("nsenter -m -t $(systemctl show -P MainPID tosd) touch /etc/tos/x")
    assert code != 0 and "Read-only file system" in text


def test_the_journal_has_its_fields(service):
    service.start()
    entries = [e for e in service.journal() if "runs" in str(e["MESSAGE"])]
    assert entries[-1]["PRIORITY"] == "6"
    assert entries[-1]["SYSLOG_IDENTIFIER"] == "tosd"
    assert entries[-1]["_SYSTEMD_UNIT"] == "tosd.service"
