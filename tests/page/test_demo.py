# SPDX-License-Identifier: MIT
"""./run demo --page, as somebody new does it: to a moved motor and an exported CSV."""

import os
import signal
import subprocess

from browser import wait_file
from conftest import ROOT
from harness import TIMEOUT, Client, Lines
from selenium.webdriver.common.keys import Keys


def test_from_the_command_to_a_moved_motor_and_a_csv(built, browser, open_page, folder):
    command = [ROOT / "run", "demo", "--page", "--keep", "--no-install", "--build", built.parents[1]]
    demo = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}, start_new_session=True
    )
    try:
        lines = Lines(demo.stdout)
        url = lines.wait(r"^(?:\x1b\S*m)?The page: (http://127\.0\.0\.1:\d+/)", timeout=3 * TIMEOUT).group(1)
        page = open_page("lang=en", url=url)
        page.wait_state("temp", "live")
        # The demo has shown all its steps.
        lines.wait("Going on until Ctrl-C", timeout=3 * TIMEOUT)
        port = int(lines.wait(r"mosquitto_sub -p (\d+)").group(1))
        client = Client(port)
        page.click("[data-output='motor.0'] [data-choice='backward']")
        client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "backward")
        mark = client.mark()
        page.press(Keys.ESCAPE)
        client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "stop", mark)
        page.click("#export-readings")
        path = wait_file(browser.downloads, "tos-readings-*.csv")
        assert path.read_text(encoding="utf-8-sig").startswith("time,ms since 1970,temp (°C),humi (%),cds,sound")
        path.unlink()
        client.close()
        # As a Ctrl-C does, which a process in the background cannot send.
        os.killpg(demo.pid, signal.SIGTERM)
        assert demo.wait(3 * TIMEOUT) == 0
        assert not list(folder.glob("tos-run.*"))
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGTERM)
            demo.wait(3 * TIMEOUT)
