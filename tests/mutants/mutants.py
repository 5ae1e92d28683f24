# SPDX-License-Identifier: MIT
"""One deliberate mistake of each kind, and the check that is there for it.

A mistake is a piece of text and what stands in its place. The file is named without its folder, since it may move. What
the check then says must contain 'told': a check that fails for another reason has caught nothing.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    kind: str
    file: str
    old: str
    new: str
    lane: str  # of .ci/run
    build: str  # plain, asan, tsan or none
    check: tuple
    told: str


def path_of(tree, mutant):
    """The file that a mutant changes. It has the text, so that a mutant does not outlive what it changes."""
    found = (p for p in tree.rglob(mutant.file) if "build" not in p.relative_to(tree).parts[0])
    path = min(found, key=lambda p: len(p.parts), default=None)
    assert path, f"{mutant.kind}: there is no {mutant.file}"
    assert mutant.old in path.read_text(encoding="utf-8"), f"{mutant.kind}: {path} has no {mutant.old!r}: name it anew"
    return path


def unit(name):
    return ("meson", "test", "-C", "{build}", "--print-errorlogs", name)


def integration(file, selection):
    return ("integration", f"tests/integration/test_{file}.py", selection)


UNIT = ("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", "{build}/systemd/tosd.service")
GATE = ("./run", "check", "--no-install")

MUTANTS = [
    Mutant(
        "a warning", "failsafe.c",
        "\tif (at_us > failsafe->seen_us)\n",
        "\tint late;\n\n\tif (at_us > failsafe->seen_us)\n",
        "gate", "none",
        GATE,
        "unused variable",
    ),
    Mutant(
        "a warning of clang alone", "failsafe.c",
        "\tif (at_us > failsafe->seen_us)\n",
        "\tat_us = at_us;\n\tif (at_us > failsafe->seen_us)\n",
        "gate", "none",
        GATE,
        "self-assign",
    ),
    Mutant(
        "another format", "failsafe.c",
        "\tif (at_us > failsafe->seen_us)\n",
        "\tif( at_us > failsafe->seen_us )\n",
        "gate", "none",
        GATE,
        "clang-format",
    ),
    Mutant(
        "a line too wide", "queue.c",
        "/* SPDX-License-Identifier: MIT */\n",
        "/* SPDX-License-Identifier: MIT */\n/* Not here, not now, not ever. Not here, not now, not ever. Not here, not now, not ever, not ever. */\n",
        "gate", "none",
        GATE,
        "columns, more than 100",
    ),
    Mutant(
        "no licence", "failsafe.h",
        "/* SPDX-License-Identifier: MIT */\n",
        "",
        "gate", "none",
        GATE,
        "no SPDX line in",
    ),
    Mutant(
        "a shell script that splits words", "demo.sh",
        "mkfifo \"$scratch/stream\"",
        "mkfifo $scratch/stream",
        "gate", "none",
        GATE,
        "SC2086",
    ),
    Mutant(
        "a condition that says the same twice", "ring.c",
        "if (size >= SKIP || ",
        "if (size >= SKIP || size >= SKIP || ",
        "clang", "clang",
        ("clang-tidy", "--quiet", "-p", "{build}", "{file}"),
        "misc-redundant-expression",
    ),
    Mutant(
        "a service with more rights than it needs", "tosd.service.in",
        "CapabilityBoundingSet=\n",
        "",
        "clang", "plain",
        UNIT,
        "CapabilityBoundingSet",
    ),
    Mutant(
        "a wrong register", "pca9685.h",
        "REG_LED0_ON_L = 0x06",
        "REG_LED0_ON_L = 0x0a",
        "plain", "plain",
        unit("pca9685"),
        "FAILED",
    ),
    Mutant(
        "bytes of a register that changed places", "i2c.c",
        "(uint16_t)(bytes[0] << 8 | bytes[1])",
        "(uint16_t)(bytes[1] << 8 | bytes[0])",
        "plain", "plain",
        unit("ads1x15"),
        "FAILED",
    ),
    Mutant(
        "a lost reading", "outbox_stream.c",
        "\tstore->next_backlog = store->ring.begin;\n",
        "",
        "plain", "plain",
        unit("outbox"),
        "FAILED",
    ),
    Mutant(
        "a motor that runs on", "failsafe.c",
        "return failsafe->seen_us + failsafe->after_us;",
        "return failsafe->seen_us + 2 * failsafe->after_us;",
        "plain", "plain",
        unit("failsafe"),
        "FAILED",
    ),
    Mutant(
        "a disk that is not waited for", "spool_kind.c",
        "\"NORMAL\"",
        "\"OFF\"",
        "plain", "plain",
        unit("spool_power"),
        "FAILED",
    ),
    Mutant(
        "an allocation for each record", "queue.c",
        "\tif (ring_bytes_of(size) > queue->ring.capacity)\n",
        "\tvoid *volatile waste = malloc(16);\n\n\tfree(waste);\n\tif (ring_bytes_of(size) > queue->ring.capacity)\n",
        "plain", "plain",
        integration("allocations", "steady_state"),
        "E       assert",
    ),
    Mutant(
        "an option that the manual lacks", "tosd.yaml.5.scd",
        "*oversampling*",
        "*overlapping*",
        "plain", "plain",
        unit("manual"),
        "FAILED",
    ),
    Mutant(
        "a broker that ./run leaves behind", "run",
        "trap 'obey 131' QUIT\n",
        "",
        "plain", "plain",
        integration("run", "signal_after and QUIT and 9"),
        "E       assert",
    ),
    Mutant(
        "a leak", "config_free.c",
        "\tfree(chip->params);\n",
        "",
        "asan", "asan",
        unit("config"),
        "leaked in",
    ),
    Mutant(
        "memory freed twice", "config_free.c",
        "\tfree(chip->params);\n",
        "\tfree(chip->params);\n\tfree(chip->params);\n",
        "asan", "asan",
        unit("config"),
        "double-free",
    ),
    Mutant(
        "a write beyond the end", "ring.c",
        "return sizeof(struct ring_record) + (size_t)round_up(size, ALIGNMENT);",
        "return (size_t)round_up(size, ALIGNMENT);",
        "asan", "asan",
        unit("queue"),
        "AddressSanitizer",
    ),
    Mutant(
        "a shift that C does not define", "json_scan.c",
        "(uint8_t)(1U << level % 8)",
        "(uint8_t)(1U << level)",
        "asan", "asan",
        unit("json_scan"),
        "shift exponent",
    ),
    Mutant(
        "hostile input that is believed", "yaml_load.c",
        "if (loader->depth >= YAML_DEPTH_MAX)",
        "if (loader->depth >= 100 * YAML_DEPTH_MAX)",
        "plain", "plain",
        unit("yaml"),
        "FAILED",
    ),
    Mutant(
        "a race", "queue.c",
        "\t(void)pthread_mutex_lock(&queue->mutex);\n\tring_pop(&queue->ring);\n",
        "\tring_pop(&queue->ring);\n\t(void)pthread_mutex_lock(&queue->mutex);\n",
        "plain", "tsan",
        unit("queue"),
        "data race",
    ),
    Mutant(
        "one more wake-up", "link_wait.c",
        "bool patient = !is_full && ",
        "bool patient = is_full && ",
        "alone", "plain",
        integration("costs", "a_reading_wakes_the_link_once"),
        "assert (",
    ),
    Mutant(
        "a stop that comes too late", "failsafe.c",
        "return failsafe->seen_us + failsafe->after_us;",
        "return failsafe->seen_us + failsafe->after_us + 1500000;",
        "alone", "plain",
        integration("stop_times", "broker_frozen"),
        "E       assert",
    ),
    Mutant(
        "a level that a real line does not get", "gpio_v1.c",
        "gpiod_line_set_value(line->line, value)",
        "gpiod_line_set_value(line->line, false)",
        "vm", "plain",
        ("./run", "vm", "--no-install", "--build", "{build}", "-k", "test_outputs"),
        " failed",
    ),
]
