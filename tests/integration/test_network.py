# SPDX-License-Identifier: MIT
"""The network below the broker: it goes and comes, and a name has several addresses."""

import time

import pytest
from conftest import make_map
from namespace import Namespace
from test_link_tls import make_ca, make_certificate

# Until the wait is 8 s at least: 0.5 to 1, 1 to 2, 2 to 4, 4 to 8.
ATTEMPTS = 5
UNASKED_S = 8.0
SPREAD_S = 5.0


@pytest.fixture
def namespace(folder):
    folder.chmod(0o755)
    namespace = Namespace(folder)
    yield namespace
    namespace.close()


def in_namespace(host, port=1883):
    return make_map(port, interval="1h").replace(f"mqtt://127.0.0.1:{port}", f"mqtt://{host}:{port}")


@pytest.mark.alone  # it measures a time
@pytest.mark.parametrize("news", ["ip address add 10.9.0.1/24 dev net0", "ip link set net2 up"])
def test_tries_soon_after_the_network_has_changed(namespace, binary, news):
    namespace.run("sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
    for one, other in (("net0", "net1"), ("net2", "net3")):
        namespace.run(f"ip link add {one} type veth peer name {other}")
        namespace.run(f"ip link set {other} up")
    namespace.run("ip link set net0 up")
    namespace.broker("listener 1883")
    gateway = namespace.gateway(binary, in_namespace("10.9.0.1"), ["--verbose"])
    mark = 0
    for _ in range(ATTEMPTS):
        gateway.log.wait("trying again in", mark)
        mark = gateway.log.mark()
    begin = time.monotonic()
    namespace.run(news)
    told = gateway.log.wait(r"the network has changed; connecting in (\d\.\d) s", mark)
    assert float(told.group(1)) <= SPREAD_S
    gateway.log.wait("connected to mqtt://" if "address" in news else "connecting to mqtt://", mark)
    assert time.monotonic() - begin < UNASKED_S


BOTH = "127.0.0.1 dual.test\n::1 dual.test\n"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_each_address_of_a_name_is_tried(namespace, binary, address):
    namespace.set_hosts(BOTH)
    namespace.broker(f"listener 1883 {address}")
    gateway = namespace.gateway(binary, in_namespace("dual.test"))
    gateway.log.wait("connected to mqtt://dual.test:1883")


def test_the_error_at_each_address_is_told(namespace, binary):
    namespace.set_hosts(BOTH)
    gateway = namespace.gateway(binary, in_namespace("dual.test"))
    told = r"(127\.0\.0\.1: Connection refused; ::1|::1: Connection refused; 127\.0\.0\.1): Connection refused"
    gateway.log.wait(rf"cannot connect to mqtt://dual\.test:1883: {told}; trying again in")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name", ["dual.test", "elsewhere.test"])
def test_with_tls_the_name_is_checked_at_each_address(namespace, binary, address, name):
    keys = namespace.folder
    make_ca(keys, "ca")
    make_certificate(keys, "broker", f"DNS:{name}")
    for path in keys.iterdir():
        path.chmod(0o644)
    namespace.set_hosts(BOTH)
    namespace.broker(f"listener 8883 {address}\ncertfile {keys}/broker.crt\nkeyfile {keys}/broker.key")
    text = make_map(8883, mqtt=f"  tls: {{ca: {keys}/ca.crt}}")
    gateway = namespace.gateway(binary, text.replace("mqtt://127.0.0.1", "mqtts://dual.test"))
    if name == "dual.test":
        gateway.log.wait("connected to mqtts://dual.test:8883")
    else:
        gateway.log.wait('the certificate is not for "dual.test" but for elsewhere.test')
