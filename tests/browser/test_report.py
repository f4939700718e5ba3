"""The report in a real browser: from a file, with no network, every page looked at."""

import base64
import re

import pandas as pd
import pytest
from selenium.webdriver.common.by import By

from browsing import HEIGHT, needs_chromium, opened, started_chromium, visited, wait_for

pytestmark = needs_chromium
PAGES = {
    "Answer": {
        "accuracy against noise scale": "img",
        "which digit fails first": "img",
        "which digit is taken for which": "img",
        "table: the scales compared": "comparison",
        "table: every digit": "classes",
        "the sentences, as text": "download",
    },
    "Images": {"0.0 1": "img", "0.5 1": "img", "2.0 1": "img"},
    "Training": {
        "accuracy per epoch": "img",
        "table: every epoch": "histories",
    },
    "Classifiers": {
        "networks at every other scale": "img",
        "networks beside other classifiers": "img",
        "table: every classifier at every scale": "accuracies",
        "table: every network": "robustness",
    },
    "Ceiling": {
        "networks and the ceiling": "img",
        "where the lost points go": "img",
        "table: where the lost points go": "losses",
    },
}


@pytest.fixture(scope="module")
def results(finished_sweep, tmp_path_factory):
    """The results of the tiny sweep, with its report."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("report") / "a copy")
    make_report(workflow)
    return workflow.folder / "results"


def make_report(workflow):
    done = workflow.start("--report", "results/report.html", "--report-stylesheet", "report/style.css")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with started_chromium(tmp_path_factory.mktemp("downloads")) as driver:
        yield driver


@pytest.fixture
def browser(chromium, results):
    with visited(chromium, results / "report.html") as driver:
        yield driver


def link(text):
    return lambda where: next(
        (a for a in where.find_elements(By.TAG_NAME, "a") if a.text.strip() == text), None
    )


def items(browser):
    """The lines of an opened category: text and element."""
    found = wait_for(browser, lambda page: page.find_elements(By.CSS_SELECTOR, "tbody tr"))
    return {row.text.strip(): row for row in found}


def test_opening_page_tells_the_story(browser, results):
    body = wait_for(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".prose"))
    title = body.find_element(By.TAG_NAME, "h1")
    assert title.text == "How much pixel noise can a neural network take, and why does it break?"
    assert title.location["y"] >= 0  # not cut off
    in_the_lab = re.search("<h1>.*<small>(.*)</small></h1>", (results / "lab.html").read_text())[1]
    assert body.find_element(By.TAG_NAME, "h2").text == in_the_lab == "MNIST · mlp · Gaussian noise"
    sentences = (results / "answer.txt").read_text().splitlines()
    positions = [body.text.index(sentence) for sentence in sentences]
    assert positions == sorted(positions)
    plot = body.find_element(By.TAG_NAME, "img")
    assert min(plot.get_property("naturalWidth"), plot.size["width"]) > 300
    first, second = (
        body.find_element(By.XPATH, f"//*[contains(text(), {text[:40]!r})]") for text in sentences[:2]
    )
    assert first.location["y"] < plot.location["y"] < second.location["y"]
    assert "How to read it." in body.text
    lab = link("lab.html")(body).get_property("href")
    assert lab == (results / "lab.html").as_uri()
    assert (results / "lab.html").exists()


@pytest.mark.parametrize("category", PAGES)
def test_every_page_of_a_category(browser, results, category):
    wait_for(browser, link(category)).click()
    assert set(items(browser)) == set(PAGES[category])
    for name, kind in PAGES[category].items():
        view, about = items(browser)[name].find_elements(By.TAG_NAME, "a")
        if kind == "download":
            assert view.get_attribute("download") == "answer.txt"
            continue
        view.click()
        if kind == "img":
            picture = wait_for(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".grow.h-screen img"))
            wait_for(browser, lambda _, picture=picture: picture.get_property("complete"))
            assert min(picture.get_property("naturalWidth"), picture.get_property("naturalHeight")) > 200
        else:
            check_table(browser, results / f"{kind}.csv")
    about.click()
    wait_for(browser, lambda page: "seed" in page.find_element(By.TAG_NAME, "body").text)


def test_a_phone_shows_all_of_it(results):
    width = 390
    with opened(results / "report.html", width=width) as driver:

        def check():
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            for selector in ("nav a", ".prose :is(h1, h2, p, li, img)", "nav td", "nav p"):
                for one in driver.find_elements(By.CSS_SELECTOR, selector):
                    assert one.rect["x"] >= 0 and one.rect["x"] + one.rect["width"] <= width
            menu = driver.find_element(By.TAG_NAME, "nav").rect
            content = driver.find_element(By.CSS_SELECTOR, "#app .grow.h-screen").rect
            assert content["y"] >= menu["y"] + menu["height"] and content["width"] == width

        last = wait_for(driver, lambda page: page.find_elements(By.CSS_SELECTOR, ".prose p"))[-1]
        check()
        driver.execute_script("arguments[0].scrollIntoView()", last)
        assert driver.execute_script("return arguments[0].getBoundingClientRect().bottom", last) <= HEIGHT
        link("Answer")(driver).click()
        view, about = items(driver)["accuracy against noise scale"].find_elements(By.TAG_NAME, "a")
        check()
        view.click()
        assert wait_for(driver, lambda page: page.find_element(By.CSS_SELECTOR, ".grow.h-screen img"))
        check()
        about.click()
        wait_for(driver, lambda page: "seed" in page.find_element(By.TAG_NAME, "body").text)
        check()
        driver.find_element(By.CSS_SELECTOR, "nav h1 a").click()  # close the menu
        wait_for(driver, lambda page: page.find_element(By.TAG_NAME, "nav").size["height"] == 0)


def test_print_has_pages(browser):
    text = wait_for(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".prose"))
    printed = base64.b64decode(browser.print_page())
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 1
    try:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        bottom = text.rect["y"] + text.rect["height"]
        assert HEIGHT < bottom <= browser.execute_script("return document.documentElement.scrollHeight")
        assert not browser.find_element(By.TAG_NAME, "nav").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_every_item_has_a_caption(browser):
    items = browser.execute_script("return results")
    assert len(items) == sum(map(len, PAGES.values()))
    for path, item in items.items():
        assert len(item["caption"]) > 60, path
        assert "seed" in item["caption"], path


def check_table(browser, path):
    """The page has a line per row of the CSV file, and the file itself."""
    browser.switch_to.frame(wait_for(browser, lambda page: page.find_element(By.TAG_NAME, "iframe")))
    rows = wait_for(browser, lambda page: page.find_elements(By.CSS_SELECTOR, "tbody tr"))
    table = pd.read_csv(path)
    assert len(rows) == len(table)
    first = table.iloc[0, 0]
    assert rows[0].text.split()[0] == (first if isinstance(first, str) else f"{first:g}")
    data = browser.find_element(By.LINK_TEXT, "Save as CSV").get_attribute("href").split(",", 1)[1]
    assert base64.b64decode(data) == path.read_bytes()
    browser.switch_to.default_content()


@pytest.mark.long
def test_hostile_words_are_shown_and_not_executed(finished_sweep, tmp_path):
    """In a path, the only free text that a configuration holds, and in the answer, which the report reads."""
    script = "<script>window.hacked=true</script>{{ 7 * 7 }}`.. raw:: html`"  # a folder in a folder
    workflow = finished_sweep.copy(tmp_path / script)
    workflow.configure(images={"path": str(workflow.folder / "sample.npz")})
    workflow.run("--until", "fetch_images")
    with open(workflow.folder / "results/answer.txt", "a") as answer:
        print(script, "<img src=x onerror='window.hacked=true'>", file=answer)
    make_report(workflow)
    with opened(workflow.folder / "results/report.html") as driver:
        body = wait_for(driver, lambda page: page.find_element(By.CSS_SELECTOR, ".prose"))
        assert "<script>window.hacked=true</script>{{ 7 * 7 }}" in body.text
        for category in PAGES:
            wait_for(driver, link(category)).click()
            _, about = next(iter(items(driver).values())).find_elements(By.TAG_NAME, "a")
            about.click()
            wait_for(driver, lambda page: "seed" in page.find_element(By.TAG_NAME, "body").text)
            assert driver.execute_script("return window.hacked") is None
            driver.refresh()
