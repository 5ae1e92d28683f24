# SPDX-License-Identifier: MIT
"""Chromium without a window, and what a user does in a tab of it. Conditions are awaited, nothing sleeps."""

import os
import pathlib
import time

from harness import TIMEOUT
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
SIZE = (1280, 900)
POLL_S = 0.02

# Runs in the page: true as soon as the condition holds, looked at after each change and each frame.
AWAIT = """
const [source, args, limit, done] = [arguments[0], arguments[1], arguments[2], arguments[3]];
const condition = new Function("return (" + source + ").apply(null, arguments)");
const end = performance.now() + limit;
(function look() {
    let value = null;
    try { value = condition(...args); } catch (error) { value = null; }
    if (value) return done(value);
    if (performance.now() > end) return done(null);
    setTimeout(look, 20);
})();
"""


class Browser:
    def __init__(self, folder):
        self.downloads = pathlib.Path(folder) / "downloads"
        self.downloads.mkdir()
        # Neither a proxy nor a telephone call home.
        os.environ["no_proxy"] = "127.0.0.1,localhost"
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            "--force-device-scale-factor=1",
            "--js-flags=--expose-gc",
            f"--user-data-dir={folder}/profile",
            f"--window-size={SIZE[0]},{SIZE[1]}",
        ):
            options.add_argument(argument)
        options.add_experimental_option(
            "prefs",
            {
                "download.default_directory": str(self.downloads),
                "download.prompt_for_download": False,
                "intl.accept_languages": "en",
                "credentials_enable_service": False,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(executable_path=DRIVER), options=options)
        self.driver.set_script_timeout(TIMEOUT * 3 + 60)
        self.driver.set_page_load_timeout(TIMEOUT * 3)
        self.home = self.driver.current_window_handle

    def close(self):
        self.driver.quit()


class Page:
    """A tab."""

    def __init__(self, browser, url, script="", size=None):
        self.browser = browser
        self.driver = browser.driver
        self.driver.switch_to.new_window("tab")
        self.tab = self.driver.current_window_handle
        self.media()
        self.resize(*(size or SIZE))
        if script:
            self.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)
        self.url = url
        self.driver.get(url)

    def here(self):
        if self.driver.current_window_handle != self.tab:
            self.driver.switch_to.window(self.tab)
        return self.driver

    def close(self):
        self.here().close()
        self.driver.switch_to.window(self.browser.home)

    def cdp(self, command, **arguments):
        return self.here().execute_cdp_cmd(command, arguments)

    def resize(self, width, height, mobile=False):
        self.cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )

    def media(self, scheme="light", motion="no-preference"):
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.cdp("Emulation.setEmulatedMedia", features=features)

    def run(self, script, *arguments):
        """The value of a function's body in the page."""
        return self.here().execute_script(script, *arguments)

    def wait(self, condition, *arguments, timeout=TIMEOUT):
        """Until a function in the page returns something true; returns that."""
        value = self.here().execute_async_script(AWAIT, condition, list(arguments), timeout * 1000)
        if not value:
            text = self.run("return document.body.innerText")
            logs = [entry["message"][:300] for entry in self.driver.get_log("browser")][-10:]
            raise AssertionError(f"{condition} {arguments} is not so within {timeout} s.\n{text}\n{logs}")
        return value

    def find(self, selector):
        self.wait("(s) => document.querySelector(s)?.checkVisibility()", selector)
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()

    def type(self, selector, text):
        element = self.find(selector)
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(Keys.DELETE)
        element.send_keys(text)

    def press(self, *keys):
        self.here()
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, modifier, key):
        self.here()
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def set_input(self, selector, value):
        """As a slider or a color field does when somebody chooses a value."""
        self.find(selector)
        self.run(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true}))",
            selector,
            str(value),
        )

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait_text(self, selector, part, timeout=TIMEOUT):
        self.wait(
            "(s, part) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility() && e.innerText.includes(part))",
            selector,
            part,
            timeout=timeout,
        )

    def wait_gone(self, selector):
        self.wait("(s) => ![...document.querySelectorAll(s)].some((e) => e.checkVisibility())", selector)

    def wait_value(self, sensor, number, timeout=TIMEOUT):
        self.wait_text(f"[data-sensor='{sensor}'] .number", number, timeout)

    def wait_state(self, sensor, state, timeout=TIMEOUT):
        self.find(f"[data-sensor='{sensor}']")
        self.wait("(s) => document.querySelector(s)", f"[data-sensor='{sensor}'][data-state='{state}']", timeout=timeout)

    def wait_link(self, state):
        self.wait("(s) => document.querySelector(s)", f"#link[data-state='{state}']")

    def screenshot(self, path):
        self.here().save_screenshot(str(path))

    def errors(self):
        """Errors of the page, and requests that its policy forbade. A connection that fails is none."""
        usual = ("WebSocket connection", "ERR_CONNECTION", "favicon")
        entries = (entry["message"] for entry in self.here().get_log("browser") if entry["level"] == "SEVERE")
        return [message for message in entries if not any(word in message for word in usual)]


def wait_file(folder, pattern, timeout=TIMEOUT):
    """A file that a browser has downloaded completely. Chromium gives it its name at the end."""
    deadline = time.monotonic() + timeout
    while True:
        found = sorted(pathlib.Path(folder).glob(pattern))
        if found:
            return found[-1]
        assert time.monotonic() < deadline, f"no {pattern} in {folder}: {list(pathlib.Path(folder).iterdir())}"
        time.sleep(POLL_S)
