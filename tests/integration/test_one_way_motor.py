# SPDX-License-Identifier: MIT
"""A motor that turns one way: no backward, and everything else as of other motors."""

from conftest import make_map

MORE = """
  - {name: fan, enable: pwmchip0.2}
  - {name: pump, enable: GPIO26}
"""


def test_it_goes_forward_and_stops_and_never_backward(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port).replace("reverse_pause: 20ms}\n", "reverse_pause: 20ms}" + MORE))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    answer = client.ask_json({"motor": {"fan": {"direction": "backward"}, "pump": {"direction": "backward", "speed": 3}}})
    assert [(error["path"], error["reason"]) for error in answer["errors"]] == [
        ("motor.fan.direction", 'this motor turns one way: "forward" or "stop"'),
        ("motor.pump.direction", 'this motor turns one way: "forward" or "stop"'),
    ]
    assert gateway.output("pwmchip0.2") == 0
    answer = client.ask_json({"motor": {"fan": {"direction": "forward", "speed": 4}, "pump": {"direction": "forward"}, "0": {"direction": "backward"}}})
    assert answer["ok"]
    assert abs(gateway.output("pwmchip0.2") - 0.4) < 0.001
    assert gateway.output("GPIO26") == 1
    client.wait_json("tos/state", lambda s: s["motor"]["1"] == {"direction": "forward", "speed": 4})
    about = client.wait_json("tos/about", lambda a: True)
    assert [motor["keys"]["direction"]["choices"] for motor in about["outputs"]["motor"]] == [["forward", "backward", "stop"], ["forward", "stop"], ["forward", "stop"]]
    answer = client.ask_json({"motor": "stop"})
    assert answer["ok"]
    assert [gateway.output(target) for target in ("pwmchip0.2", "GPIO26", "GPIO6")] == [0, 0, 0]
