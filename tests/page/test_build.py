# SPDX-License-Identifier: MIT
"""The page as a file: small, whole, and in order."""

import gzip
import json
import re
import subprocess

from conftest import SOURCES

GZIP_MAX = 180_000


def text_of(built):
    return built.read_text(encoding="utf-8")


def test_it_is_small(built):
    size = len(gzip.compress(built.read_bytes(), 9))
    assert size <= GZIP_MAX, f"{size} bytes of at most {GZIP_MAX}"


def test_it_loads_nothing(built):
    text = text_of(built)
    assert not re.search(r"<script[^>]*\ssrc=|<link[^>]*rel=\"?stylesheet|@import|@font-face|url\((?!data:)", text)
    assert "default-src 'none'" in text and "connect-src ws: wss:;" in text
    assert "{{" not in text.split("<script>")[0]


def test_the_browser_asks_nobody_but_the_broker(open_page, gateway):  # pylint: disable=unused-argument
    page = open_page("lang=en")
    page.wait_value("temp", "23.5")
    loaded = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if not name.startswith(("blob:", "data:"))] == []
    assert page.errors() == []


def test_the_types_are_right(dev):
    done = subprocess.run(["npx", "--no-install", "tsc", "--noEmit"], cwd=dev, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_format_is_prettiers(dev):
    done = subprocess.run(
        ["npx", "--no-install", "prettier", "--check", "."], cwd=dev, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_files_are_short():
    long = {path.name: count for path in (SOURCES / "src").rglob("*.*") if (count := lines(path)) > 500}
    assert not long


def lines(path):
    return path.read_text(encoding="utf-8").count("\n")


def test_the_list_of_packages_names_no_host():
    """It can be fetched from whatever registry is set up."""
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name
        # The links for donations to a package's author are not where it is downloaded from.
        package.pop("funding", None)
    assert "://" not in json.dumps(lock)


def test_the_packages_run_on_the_oldest_node():
    """Debian 12 has 18."""
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        engines = package.get("engines", {})
        wanted = engines.get("node", "") if isinstance(engines, dict) else " ".join(engines)
        lowest = [int(number) for number in re.findall(r"(?:>=?|\^|~)\s*(\d+)", wanted)]
        assert not lowest or min(lowest) <= 18, f"{name}: {wanted}"


def test_the_version_is_the_gateways():
    package = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    project = (SOURCES.parent / "meson.build").read_text(encoding="utf-8")
    assert re.search(r"version: '([\d.]+)'", project).group(1) == package["version"]
