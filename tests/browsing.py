"""Pages in real browsers: Chromium by its driver, Firefox by WebDriver BiDi, which it speaks by itself."""

import contextlib
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver: no page is looked at"
)
needs_firefox = pytest.mark.skipif(not FIREFOX, reason="needs Debian's firefox-esr")
FLAGS = (
    *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
    *("disable-background-networking", "disable-component-update", "disable-sync"),
)
HEIGHT = 900
OFFLINE = {"file", "data", "blob"}  # addresses that ask no network


def wait_for(driver: webdriver.Chrome, what, where=None):
    """What `what` gives of the page, or of an element, once it is anything; at most 10 seconds later."""
    return WebDriverWait(driver, 10).until(lambda _: what(where or driver))


@contextlib.contextmanager
def started_chromium(downloads: Path, width: int = 1400, dark: bool = False) -> Iterator[webdriver.Chrome]:
    """A Chromium that keeps what is saved in `downloads`. It shows no page yet."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"window-size={width},{HEIGHT}"):
        options.add_argument(f"--{flag}")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    # A window cannot be as narrow as a phone. What it shows can.
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    try:
        yield driver
    finally:
        driver.quit()


@contextlib.contextmanager
def visited(driver: webdriver.Chrome, page: Path) -> Iterator[webdriver.Chrome]:
    """A page from its beginning; at the end there were no errors, and nothing was asked of a network."""
    driver.get("about:blank")
    for log in ("browser", "performance"):
        driver.get_log(log)  # which empties it of what an earlier page has left
    driver.get(page.as_uri())
    yield driver
    errors = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    assert errors == []
    addresses = [
        event["params"]["request"]["url"] for event in asked if event["method"] == "Network.requestWillBeSent"
    ]
    assert addresses
    assert {address.split(":")[0] for address in addresses} <= OFFLINE


@contextlib.contextmanager
def opened(page: Path, width: int = 1400, dark: bool = False) -> Iterator[webdriver.Chrome]:
    """A page in a Chromium of its own."""
    with started_chromium(page.parent, width, dark) as driver, visited(driver, page):
        yield driver


class Firefox:
    """A page in Firefox. evaluate gives the value of an expression of JavaScript, by way of JSON."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket, self.numbers = socket, itertools.count(1)
        self.errors, self.addresses = [], []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.context = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **params: object) -> dict:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])
            elif answer.get("method") == "network.beforeRequestSent":
                self.addresses.append(answer["params"]["request"]["url"])
            elif answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def evaluate(self, expression: str) -> object:
        target = {"context": self.context}
        code = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        done = self.command("script.evaluate", expression=code, target=target, awaitPromise=True)
        assert done["type"] == "success", done
        return json.loads(done["result"]["value"])


@contextlib.contextmanager
def opened_in_firefox(page: Path, profile: Path) -> Iterator[Firefox]:
    """The same in Firefox, with a new profile."""
    profile.mkdir()
    command = [FIREFOX, "--headless", "--remote-debugging-port=0", "--profile", profile, "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            address = next(filter(None, (re.search(r"ws://[\d.]+:\d+", line) for line in process.stderr)))
            socket = websocket.create_connection(f"{address[0]}/session", timeout=60, suppress_origin=True)
            firefox = Firefox(socket)
            firefox.command(
                "browsingContext.navigate", context=firefox.context, url=page.as_uri(), wait="complete"
            )
            yield firefox
            firefox.evaluate("1")  # what was still on its way
        finally:
            process.kill()
    assert firefox.errors == []
    assert {address.split(":")[0] for address in firefox.addresses} <= OFFLINE | {"about"}
