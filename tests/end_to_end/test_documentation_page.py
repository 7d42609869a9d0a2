"""The documentation in a real browser: Debian's Chromium, where it is installed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.demonstration import Demo, demonstration

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
#: A name that leads to this machine: to some hosts, localhost among them, pages are kinder.
HOST = "scim.example"
SECONDS = 30

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None, reason="chromium and chromium-driver are not installed"
)


@pytest.fixture
def small() -> Iterator[Demo]:
    """A demonstration that is quick to start."""
    with demonstration("--users=20", "--groups=4", "--repos=4") as started:
        yield started


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with nothing in it, that notes what its page asks for and complains of."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1600",
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=str(DRIVER))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def shown(browser: webdriver.Chrome, selector: str) -> WebElement:
    """Return an element once it is there to be seen."""

    def found(driver: webdriver.Chrome) -> WebElement | None:
        elements = driver.find_elements(By.CSS_SELECTOR, selector)
        return elements[0] if elements and elements[0].is_displayed() else None

    element = WebDriverWait(browser, SECONDS).until(found)
    assert element is not None
    return element


def press(browser: webdriver.Chrome, selector: str) -> None:
    """Press what is there to be seen, wherever the page is scrolled to."""
    browser.execute_script("arguments[0].click()", shown(browser, selector))


def hosts_asked(browser: webdriver.Chrome) -> set[str]:
    """Return the hosts that were asked for anything since the last look."""
    entries: list[Any] = browser.get_log("performance")  # type: ignore[no-untyped-call]  # selenium's
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    addresses = [
        urlsplit(message["params"]["request"]["url"])
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    # What a browser's own empty page is made of, and pictures in addresses, come from no host.
    return {str(a.hostname) for a in addresses if a.scheme not in ("chrome", "data")}


def complaints(browser: webdriver.Chrome) -> list[Any]:
    """Return what the browser wrote to its console since the last look."""
    written: list[Any] = browser.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's
    return written


def test_a_reader_finds_an_operation_and_tries_it(small: Demo, browser: webdriver.Chrome) -> None:
    """Every operation is listed, one is called with the token; no other host hears of it."""
    port = urlsplit(small.base_url).port
    browser.get(f"http://{HOST}:{port}/docs")

    shown(browser, "#operations-users-listUsers")
    operations = browser.find_elements(By.CSS_SELECTOR, ".opblock")
    description: Any = browser.execute_async_script(
        "fetch('openapi.json').then(a => a.json()).then(arguments[0])"
    )
    methods = {"get", "put", "post", "patch", "delete"}
    assert len(operations) == sum(
        len(methods & path.keys()) for path in description["paths"].values()
    )

    press(browser, ".btn.authorize")
    shown(browser, ".auth-container input").send_keys(small.token)
    press(browser, ".auth-btn-wrapper .authorize")
    press(browser, ".auth-btn-wrapper .btn-done")
    press(browser, "#operations-users-listUsers .opblock-summary-control")
    press(browser, "#operations-users-listUsers .try-out__btn")
    press(browser, "#operations-users-listUsers .execute")

    answer = shown(browser, "#operations-users-listUsers .live-responses-table .response")
    assert answer.find_element(By.CSS_SELECTOR, ".response-col_status").text.startswith("200")
    assert '"totalResults": 20,' in answer.text
    assert hosts_asked(browser) == {HOST}
    assert complaints(browser) == []
