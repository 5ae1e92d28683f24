# SPDX-License-Identifier: MIT
"""The rules of Home Assistant for a device's discovery message, in our words.

Source: home-assistant.io/integrations/mqtt ("MQTT discovery", and the page of each platform) and
home-assistant.io/integrations/sensor ("Device class"), read beside the checks of homeassistant/components/mqtt of 2025.6.
It is stricter where Home Assistant is silent: it drops a key that it does not know, here that is a mistake.
"""

import re

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

ID = re.compile(r"[A-Za-z0-9_-]+")
TOP_REQUIRED = {"dev", "o", "cmps"}
TOP_ALLOWED = TOP_REQUIRED | {"avty", "avty_t", "avty_mode", "avty_tpl", "pl_avail", "pl_not_avail", "stat_t", "cmd_t", "qos", "e"}
DEVICE_ALLOWED = {"ids", "cns", "mf", "mdl", "mdl_id", "name", "hw", "sw", "sn", "sa", "cu", "via_device"}
ORIGIN_ALLOWED = {"name", "sw", "url"}
# The keys that a component inherits from the message, unless it has its own.
INHERITED = {"avty", "avty_t", "avty_mode", "avty_tpl", "pl_avail", "pl_not_avail", "stat_t", "cmd_t"}
AVAILABILITY = {"t", "pl_avail", "pl_not_avail", "val_tpl"}

COMMON = {"p", "uniq_id", "def_ent_id", "name", "qos", "e", "ent_cat", "en", "ic", "avty", "avty_t", "avty_mode", "avty_tpl"} | {
    "pl_avail", "pl_not_avail", "json_attr_t", "json_attr_tpl"
}
WRITES = {"cmd_t", "ret", "opt", "stat_t"}
# Of each platform: what it needs, and what else it takes.
PLATFORMS = {
    "binary_sensor": ({"stat_t"}, {"dev_cla", "exp_aft", "frc_upd", "off_dly", "pl_on", "pl_off", "val_tpl"}),
    "button": ({"cmd_t"}, {"dev_cla", "cmd_tpl", "pl_prs", "ret"}),
    "cover": (set(), WRITES | {"dev_cla", "pl_open", "pl_cls", "pl_stop", "pos_t", "pos_tpl", "pos_open", "pos_clsd"}
              | {"set_pos_t", "set_pos_tpl", "stat_open", "stat_opening", "stat_clsd", "stat_closing", "stat_stopped", "val_tpl"}),
    "event": ({"stat_t", "evt_typ"}, {"dev_cla", "val_tpl"}),
    "fan": ({"cmd_t"}, WRITES | {"cmd_tpl", "stat_val_tpl", "pl_on", "pl_off", "pct_cmd_t", "pct_cmd_tpl", "pct_stat_t"}
            | {"pct_val_tpl", "pl_rst_pct", "spd_rng_min", "spd_rng_max", "dir_cmd_t", "dir_cmd_tpl", "dir_stat_t", "dir_val_tpl"}),
    "light": ({"cmd_t", "schema", "cmd_on_tpl", "cmd_off_tpl"},
              WRITES | {"stat_tpl", "bri_tpl", "r_tpl", "g_tpl", "b_tpl", "clr_temp_tpl", "fx_tpl", "fx_list"}),
    "number": ({"cmd_t"}, WRITES | {"dev_cla", "cmd_tpl", "val_tpl", "min", "max", "step", "mode", "unit_of_meas", "pl_rst"}),
    "sensor": ({"stat_t"}, {"dev_cla", "exp_aft", "frc_upd", "ops", "sug_dsp_prc", "stat_cla", "unit_of_meas", "val_tpl"}),
    "siren": ({"cmd_t"}, WRITES | {"cmd_tpl", "cmd_off_tpl", "stat_val_tpl", "pl_on", "pl_off", "stat_on", "stat_off"}
              | {"av_tones", "sup_dur", "sup_vol"}),
    "switch": ({"cmd_t"}, WRITES | {"dev_cla", "cmd_tpl", "val_tpl", "pl_on", "pl_off", "stat_on", "stat_off"}),
}

PRESSURE = {"Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"}
ENERGY = {"J", "kJ", "MJ", "GJ", "mWh", "Wh", "kWh", "MWh", "GWh", "TWh", "cal", "kcal", "Mcal", "Gcal"}
SPEED = {"ft/s", "in/d", "in/h", "in/s", "km/h", "kn", "m/s", "mph", "mm/d", "mm/h", "mm/s"}
# The units of each class of a sensor; of a number too.
UNITS = {
    "apparent_power": {"mVA", "VA", "kVA"},
    "area": {"m²", "cm²", "km²", "mm²", "in²", "ft²", "yd²", "mi²", "ac", "ha"},
    "atmospheric_pressure": PRESSURE,
    "battery": {"%"},
    "carbon_dioxide": {"ppm"},
    "carbon_monoxide": {"ppm"},
    "current": {"A", "mA"},
    "data_rate": {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s", "MB/s", "GB/s", "KiB/s", "MiB/s", "GiB/s"},
    "data_size": {"bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"},
    "distance": {"km", "m", "cm", "mm", "mi", "nmi", "yd", "in", "ft"},
    "duration": {"d", "h", "min", "s", "ms"},
    "energy": ENERGY,
    "energy_storage": ENERGY,
    "frequency": {"Hz", "kHz", "MHz", "GHz"},
    "gas": {"L", "m³", "ft³", "CCF"},
    "humidity": {"%"},
    "illuminance": {"lx"},
    "irradiance": {"W/m²", "BTU/(h⋅ft²)"},
    "moisture": {"%"},
    "power": {"mW", "W", "kW", "MW", "GW", "TW"},
    "power_factor": {"%"},
    "precipitation": {"cm", "in", "mm"},
    "precipitation_intensity": {"in/d", "in/h", "mm/d", "mm/h"},
    "pressure": PRESSURE,
    "reactive_power": {"var", "kvar"},
    "signal_strength": {"dB", "dBm"},
    "sound_pressure": {"dB", "dBA"},
    "speed": SPEED,
    "temperature": {"°C", "°F", "K"},
    "voltage": {"V", "mV", "kV"},
    "volatile_organic_compounds_parts": {"ppm", "ppb"},
    "volume": {"L", "mL", "gal", "fl. oz.", "m³", "ft³", "CCF"},
    "volume_flow_rate": {"m³/h", "ft³/min", "L/min", "L/h", "gal/min", "mL/s"},
    "volume_storage": {"L", "mL", "gal", "fl. oz.", "m³", "ft³", "CCF"},
    "water": {"L", "gal", "m³", "ft³", "CCF"},
    "weight": {"kg", "g", "mg", "oz", "lb", "st"},
    "wind_speed": SPEED,
}
STATE_CLASSES = {"measurement", "total", "total_increasing"}
# Classes of which a sum alone makes sense, and those that are never a sum.
ONLY_TOTAL = {"energy", "gas", "volume", "water"}
BINARY_CLASSES = {"connectivity", "door", "motion", "opening", "window"}
EVENT_CLASSES = {"button", "doorbell", "motion"}
TOPIC_KEYS = ("cmd_t", "stat_t", "pos_t", "pct_cmd_t", "pct_stat_t", "dir_cmd_t", "dir_stat_t", "t")

_environment = ImmutableSandboxedEnvironment()
for _name in ("is_state", "states"):
    _environment.globals[_name] = None


def require(is_right, *what):
    assert is_right, what


def check_topic(topic):
    require(isinstance(topic, str) and 0 < len(topic.encode()) < 65536 and not re.search(r"[+#\0]", topic), topic)


def check_template(text):
    require(isinstance(text, str), text)
    try:
        _environment.parse(text)
    except TemplateSyntaxError as error:
        raise AssertionError(f"{text!r} is no template: {error}") from error


def check_availability(config):
    require(not ("avty" in config and "avty_t" in config), "avty and avty_t exclude each other", config)
    for item in config.get("avty", []):
        require({"t"} <= set(item) <= AVAILABILITY, item)
        check_topic(item["t"])
        if "val_tpl" in item:
            check_template(item["val_tpl"])
    require(config.get("avty_mode", "latest") in ("all", "any", "latest"), config)


def check_sensor(config):
    unit, name = config.get("unit_of_meas"), config.get("dev_cla")
    require(config.get("ent_cat") != "config", "of no sensor", config)
    if name is not None:
        require(name in UNITS and unit in UNITS[name], name, unit)
    require(config.get("stat_cla", "total") in STATE_CLASSES, config)
    if name in ONLY_TOTAL:
        require(config.get("stat_cla") in ("total", "total_increasing"), config)
    precision = config.get("sug_dsp_prc", 0)
    require(isinstance(precision, int) and precision >= 0, precision)
    require(unit != "", "a unit that is given is a text", config)


def check_number(config):
    low, high, step = config.get("min", 1), config.get("max", 100), config.get("step", 1)
    require(low < high and step >= 0.001, low, high, step)
    require(config.get("mode", "auto") in ("auto", "box", "slider"), config)
    if "dev_cla" in config:
        require(config.get("unit_of_meas") in UNITS[config["dev_cla"]], config)


def check_fan(config):
    low, high = config.get("spd_rng_min", 1), config.get("spd_rng_max", 100)
    require(isinstance(low, int) and isinstance(high, int) and 0 < low < high, low, high)


def check_light(config):
    require(config["schema"] == "template", config)
    require(len({"r_tpl", "g_tpl", "b_tpl"} & set(config)) in (0, 3), "a color has three parts", config)


def check_event(config):
    require(config["evt_typ"] and all(isinstance(word, str) for word in config["evt_typ"]), config)
    require(config.get("dev_cla", "button") in EVENT_CLASSES, config)


def check_binary_sensor(config):
    require(config.get("ent_cat") != "config", "of no binary sensor", config)
    require(config.get("dev_cla", "door") in BINARY_CLASSES, config)


def check_siren(config):
    require(all(isinstance(config.get(key, True), bool) for key in ("sup_dur", "sup_vol")), config)
    require(isinstance(config.get("av_tones", []), list), config)


def check_cover(config):
    require("set_pos_t" not in config or "pos_t" in config, config)


CHECKS = {
    "sensor": check_sensor,
    "number": check_number,
    "fan": check_fan,
    "light": check_light,
    "event": check_event,
    "binary_sensor": check_binary_sensor,
    "siren": check_siren,
    "cover": check_cover,
}


def check_component(key, config, top):
    require(ID.fullmatch(key), key)
    platform = config.get("p")
    require(platform in PLATFORMS, key, platform)
    if set(config) == {"p"}:
        return  # removed
    require(isinstance(config.get("uniq_id"), str) and config["uniq_id"], key, "one without a unique id drops all")
    required, optional = PLATFORMS[platform]
    merged = {**{k: v for k, v in top.items() if k in INHERITED and k not in config}, **config}
    require(required <= set(merged), key, "misses", required - set(merged))
    require(set(config) <= COMMON | required | optional, key, "has", set(config) - COMMON - required - optional)
    check_availability(merged)
    for name, value in config.items():
        if name in TOPIC_KEYS:
            check_topic(value)
        elif name.endswith("_tpl"):
            check_template(value)
    require(config.get("qos") in (0, 1, 2), key, "QoS is not inherited")
    require(config.get("ent_cat", "config") in ("config", "diagnostic"), config)
    require(config.get("name", "") is None or isinstance(config["name"], str), key, "has no name")
    if "def_ent_id" in config:
        require(re.fullmatch(rf"{platform}\.[a-z0-9_]+", config["def_ent_id"]), config["def_ent_id"])
    CHECKS.get(platform, lambda _: None)(config)


def check_message(topic, message, prefix="homeassistant"):
    """A device's message, already taken out of JSON."""
    require(re.fullmatch(rf"{re.escape(prefix)}/device/({ID.pattern}/)?{ID.pattern}/config", topic), topic)
    require(TOP_REQUIRED <= set(message) <= TOP_ALLOWED, "the top level is closed", sorted(message))
    device, origin = message["dev"], message["o"]
    require(device.get("ids") or device.get("cns"), device)
    require(set(device) <= DEVICE_ALLOWED, device)
    require({"name"} <= set(origin) <= ORIGIN_ALLOWED, origin)
    for url in (device.get("cu"), origin.get("url")):
        require(url is None or re.match(r"https?://[^/]+", url), url)
    for name, value in [*device.items(), *origin.items()]:
        require(isinstance(value, list if name in ("ids", "cns") else str), name, value)
    check_availability(message)
    unique = [config["uniq_id"] for config in message["cmps"].values() if "uniq_id" in config]
    require(len(unique) == len(set(unique)), "unique ids are", unique)
    for key, config in message["cmps"].items():
        check_component(key, config, message)
