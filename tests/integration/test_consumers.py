# SPDX-License-Identifier: MIT
"""Programs of others that read a gateway's topics: the files of config/consumers, as they are but for the addresses."""

import http.server
import json
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import make_map
from harness import TIMEOUT, Lines, free_port

CONSUMERS = pathlib.Path(__file__).resolve().parents[2] / "config" / "consumers"
MQTT = "  topic: tos/greenhouse\n  client_id: greenhouse"


@pytest.fixture
def run():
    processes = []

    def start(*command):
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        processes.append(process)
        return Lines(process.stdout)

    yield start
    for process in processes:
        process.kill()
        process.wait()


def metrics(port, patience_until=0.0):
    """By name: labels and value, as Prometheus reads them. Until then, none where nobody listens yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT) as answer:
            lines = answer.read().decode().splitlines()
    except urllib.error.URLError:
        if time.monotonic() >= patience_until:
            raise
        return {}
    found = (re.match(r"(tos_\w+)\{(.*)\} (\S+)", line) for line in lines)
    return {match[1]: (match[2], float(match[3])) for match in found if match}


def test_prometheus(broker, folder, make_client, make_gateway, run):
    program = shutil.which("prometheus-mqtt-exporter")
    if not program:
        pytest.skip("prometheus-mqtt-exporter is not installed: ./run install test")
    text = (CONSUMERS / "prometheus-mqtt-exporter.yaml").read_text()
    assert text.count("localhost:1883") == 1
    configuration = folder / "exporter.yaml"
    configuration.write_text(text.replace("localhost:1883", f"127.0.0.1:{broker.port}"))
    port = free_port()
    run(program, "-config", configuration, "-listen-address", "127.0.0.1", "-listen-port", port)
    broker.log.wait(r"Sending SUBACK to ")
    client = make_client(topics=("tos/+/sensors",))
    gateway = make_gateway(make_map(broker.port, MQTT))
    client.wait("tos/greenhouse/sensors")
    deadline = time.monotonic() + TIMEOUT
    while len(found := metrics(port, deadline)) < 3 and time.monotonic() < deadline:
        client.wait("tos/greenhouse/sensors", mark=client.mark())
    assert found["tos_temperature_celsius"][1] == 23 and found["tos_humidity_percent"][1] == 45
    labels = found["tos_temperature_celsius"][0]
    assert 'sensor="greenhouse"' in labels and 'topic="tos/greenhouse/sensors"' in labels
    # null of one sensor takes nothing from the others.
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/greenhouse/sensors", lambda reading: reading["temp"] is None)
    before = metrics(port)["tos_reading_time_ms"][1]
    deadline = time.monotonic() + TIMEOUT
    while metrics(port)["tos_reading_time_ms"][1] == before and time.monotonic() < deadline:
        client.wait("tos/greenhouse/sensors", mark=client.mark())
    assert metrics(port)["tos_reading_time_ms"][1] > before


class Database(http.server.ThreadingHTTPServer):
    """Takes lines as InfluxDB does."""

    daemon_threads = True

    def __init__(self):
        self.lines = queue.Queue()
        self.refuses = False
        super().__init__(("127.0.0.1", free_port()), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(503 if self.server.refuses else 204)
        self.end_headers()
        if not self.server.refuses:
            self.server.lines.put((self.path, body))

    def log_message(self, *_):
        pass


@pytest.fixture
def database():
    server = Database()
    yield server
    server.shutdown()
    server.server_close()


def influx(run, broker, database):
    url = f"http://127.0.0.1:{database.server_port}/write?db=tos"
    return run(sys.executable, CONSUMERS / "influxdb.py", f"127.0.0.1:{broker.port}", url)


LINE = re.compile(r"reading,gateway=greenhouse ((?:[\w-]+=[0-9.e+-]+,?)+) ([0-9]{13})")


def point(database):
    path, line = database.lines.get(timeout=TIMEOUT)
    assert path == "/write?db=tos&precision=ms"
    match = LINE.fullmatch(line)
    assert match, line
    return dict(field.split("=") for field in match[1].split(",")), int(match[2])


def test_influxdb(broker, make_client, make_gateway, database, run):
    influx(run, broker, database)
    broker.log.wait(r"Sending SUBACK to tos-influxdb")
    client = make_client(topics=("tos/+/sensors",))
    gateway = make_gateway(make_map(broker.port, MQTT))
    fields, time_ms = point(database)
    assert {name: float(value) for name, value in fields.items()} == {"temp": 23, "humi": 45, "cds": 812, "sound": 133}
    assert abs(time_ms / 1000 - time.time()) < TIMEOUT
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/greenhouse/sensors", lambda reading: reading["temp"] is None)
    while "temp" in point(database)[0]:
        pass


def test_influxdb_is_away(broker, make_gateway, database, run):
    """It ends with an error, the broker keeps what comes meanwhile, and the next start has it all."""
    database.refuses = True
    log = influx(run, broker, database)
    broker.log.wait(r"Sending SUBACK to tos-influxdb")
    gateway = make_gateway(make_map(broker.port, MQTT, interval="500ms"), ["--verbose"])
    log.wait("HTTP Error 503")
    log.join()
    database.refuses = False
    influx(run, broker, database)
    stamps = {point(database)[1] for _ in range(6)}
    newest = max(stamps)
    gateway.log.wait(f"sensors: reading {newest}$")
    taken = {ts for ts in gateway.taken() if ts <= newest}
    # Readings from before the connection come behind live ones: as many again, and as many more.
    for _ in range(2 * len(taken)):
        if not taken <= stamps:
            stamps.add(point(database)[1])
    assert taken <= stamps
    gateway.log.wait(f"sensors: reading {max(stamps)}$")
    assert stamps <= set(gateway.taken())


def flow():
    return json.loads((CONSUMERS / "node-red.json").read_text())


def node_of(name):
    return next(node for node in flow() if node["id"] == name)


def test_the_flow_of_node_red_hangs_together():
    """It has everything that Node-RED checks at an import, and only nodes that Node-RED has from the start."""
    nodes = flow()
    ids = [node["id"] for node in nodes]
    assert len(ids) == len(set(ids))
    assert {node["type"] for node in nodes} <= {"tab", "mqtt-broker", "mqtt in", "mqtt out", "function", "debug", "inject"}
    for node in nodes:
        assert node.get("z", "tos-tab") == "tos-tab"
        if node["type"] in ("mqtt in", "mqtt out"):
            assert node["broker"] in ids
        for wires in node.get("wires", []):
            assert set(wires) <= set(ids)
    reached = {target for node in nodes for wires in node.get("wires", []) for target in wires}
    assert all(node["id"] in reached for node in nodes if node["type"] in ("function", "debug", "mqtt out"))


# Calls a function node as Node-RED does: its text is the body.
HARNESS = """
const [body, messages] = JSON.parse(require('fs').readFileSync(0));
const store = {};
const flow = {get: key => store[key], set: (key, value) => { store[key] = value; }};
const call = new Function('msg', 'flow', 'node', body);
console.log(JSON.stringify(messages.map(msg => call(msg, flow, {}) ?? null)));
"""


def call(name, messages):
    program = shutil.which("node") or shutil.which("nodejs")
    if not program:
        pytest.skip("nodejs is not installed: ./run install test")
    done = subprocess.run(
        [program, "-e", HARNESS], input=json.dumps([node_of(name)["func"], messages]), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def received(message, node):
    """As an MQTT node of Node-RED hands it on."""
    payload = json.loads(message.payload) if node["datatype"] == "json" else message.payload.decode()
    return {"topic": message.topic, "payload": payload}


def test_the_functions_of_node_red(broker, make_client, make_gateway):
    """They get what a gateway sends on the topics of their inputs, and what they send a gateway understands."""
    sources = {name: node_of(f"tos-in-{name}") for name in ("sensors", "status", "answer")}
    client = make_client(topics=tuple(node["topic"] for node in sources.values()))
    gateway = make_gateway(make_map(broker.port, MQTT))
    reading = received(client.wait("tos/greenhouse/sensors"), sources["sensors"])
    gateway.fault("climate", "no-answer")
    failed = client.wait_json("tos/greenhouse/sensors", lambda r: r["temp"] is None)
    both = call("tos-split", [reading, {"topic": "tos/greenhouse/sensors", "payload": failed}])
    assert [m["topic"] for m in both[0][0]] == [f"greenhouse/{name}" for name in ("temp", "humi", "cds", "sound")]
    assert (both[0][0][0]["payload"], both[0][0][0]["timestamp"]) == (23, reading["payload"]["ts"])
    assert [m["topic"] for m in both[1][0]] == ["greenhouse/cds", "greenhouse/sound"]
    status = received(client.wait("tos/greenhouse/status"), sources["status"])
    gone = {"topic": "tos/shed/status", "payload": "offline"}
    assert call("tos-list", [status, gone])[1]["payload"] == {"greenhouse": True, "shed": False}
    action = call("tos-action", [{"payload": "greenhouse"}])[0]
    mark = client.mark()
    client.publish(action["topic"], action["payload"])
    answer = client.wait_json("tos/greenhouse/actions/ack", lambda a: a["id"] == action["payload"]["id"], mark)
    assert answer["ok"] and answer["applied"]["motor"]["direction"] == "forward"
    mark = client.mark()
    client.publish(action["topic"], {"motor": {"speed": 99}})
    refused = received(client.wait("tos/greenhouse/actions/ack", mark=mark), sources["answer"])
    texts = call("tos-refused", [{"topic": "", "payload": answer}, refused])
    assert texts[0] is None and "motor.speed: 99 is outside 1..10" in texts[1]["payload"]
