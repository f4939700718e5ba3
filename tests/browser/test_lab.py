"""The lab in real browsers: every part used as a person would use it."""

import base64
import contextlib
import gzip
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import median_filter
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from analysis.classifiers import BASELINES, BOUNDS, CENTROID, STYLES
from analysis.draws import STYLES as LOOKS
from analysis.tables import TABLES
from browsing import (
    needs_chromium,
    needs_firefox,
    opened,
    opened_in_firefox,
    started_chromium,
    visited,
    wait_for,
)
from conftest import ROOT
from experiment.noise import Noise
from lab.exhibits import Source, indices_on_page
from plumbing.cards import write_card

pytestmark = needs_chromium
AXE = "axe-core@4.14.1"
FASHION = Path("/usr/share/datasets/fashion-mnist")
DRAWS = ["fixed", "fresh"]
LAB = "results/lab.html"


@pytest.fixture(scope="module")
def sweep(finished_sweep, tmp_path_factory):
    """A sweep of both draws whose networks read well enough to be asked about digits that were moved."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("lab") / "a copy")
    workflow.configure(
        noise={"draws": DRAWS},
        networks={"mlp": {"hidden_units": [128, 128]}},
        training={"epochs": 30, "batch_size": 32},
        filters=["median", "posterior_mean"],
    )
    workflow.run(LAB, "results/tables/filters.html")
    return workflow


@pytest.fixture(scope="module")
def page(sweep):
    return sweep.folder / LAB


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def chromium(downloads):
    with started_chromium(downloads) as driver:
        yield driver


@pytest.fixture
def browser(chromium, page):
    with visited(chromium, page) as driver:
        yield uncovered(driver)


def ready(driver):
    wait_for(driver, lambda page: page.execute_script("return document.body.dataset.ready"))
    return driver


def uncovered(driver):
    """The page of a visitor who asked for the answer without a guess."""
    click(ready(driver), "guess-skip")
    return driver


def text(driver, name):
    return driver.find_element(By.ID, name).text


def click(driver, name):
    driver.find_element(By.ID, name).click()


def answers(driver, part="classifiers"):
    """What each classifier says, by its name."""
    cards = driver.find_elements(By.CSS_SELECTOR, f"#{part} .classifier")
    return {
        card.find_element(By.TAG_NAME, "h3").text: card.find_element(By.TAG_NAME, "strong").text
        for card in cards
    }


def picture(driver, name):
    """The pixels of a canvas."""
    return driver.execute_script(
        "const c = document.getElementById(arguments[0]);"
        "return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)",
        name,
    )


def floats(driver, script, *arguments):
    """An array of single-precision numbers that a script gives as Float32Array."""
    packed = driver.execute_script(
        f"const found = (() => {{ {script} }})(); const bytes = new Uint8Array(found.buffer); let text = '';"
        "for (let at = 0; at < bytes.length; at += 4096)"
        " text += String.fromCharCode(...bytes.subarray(at, at + 4096));"
        "return btoa(text)",
        *arguments,
    )
    return np.frombuffer(base64.b64decode(packed), np.float32)


def test_answer_is_covered_until_a_guess(chromium, page, sweep):
    def answer_is_shown(driver):
        body = driver.find_element(By.TAG_NAME, "body").text
        sentences = (sweep.folder / "results/answer.txt").read_text().splitlines()
        assert len({sentence in body for sentence in sentences}) == 1
        assert driver.find_element(By.ID, "plot").is_displayed() == (sentences[0] in body)
        return sentences[0] in body

    with visited(chromium, page) as driver:
        assert not answer_is_shown(ready(driver))
        assert not driver.find_element(By.ID, "filtered").is_displayed()
        click(driver, "guess-show")
        assert answer_is_shown(driver)
        assert driver.find_element(By.ID, "filtered").is_displayed()
        leads = driver.find_elements(By.CSS_SELECTOR, "#answer .lead")
        parts = [driver.find_element(By.ID, name) for name in ("plot", "scale", "classifiers", "why", "quiz")]
        tops = [one.location["y"] for one in (driver.find_element(By.ID, "guess-plot"), *leads, *parts)]
        assert tops == sorted(tops) and len(leads) == len(DRAWS)
        assert not driver.find_element(By.ID, "guess-skip").is_displayed()
    with visited(chromium, page) as driver:
        click(ready(driver), "guess-skip")
        assert answer_is_shown(driver)
        assert driver.switch_to.active_element.text == "The answer"
    with visited(chromium, page) as driver:
        ready(driver).find_element(By.LINK_TEXT, "Why does it break?").click()
        wait_for(driver, answer_is_shown)
        top = "return document.getElementById('why').getBoundingClientRect().top"
        assert abs(driver.execute_script(top)) < 100


def test_answer_is_there_without_javascript(chromium, page, sweep):
    switch = "Emulation.setScriptExecutionDisabled"
    chromium.execute_cdp_cmd(switch, {"value": True})
    try:
        with visited(chromium, page) as driver:
            body = driver.find_element(By.TAG_NAME, "body").text
    finally:
        chromium.execute_cdp_cmd(switch, {"value": False})
    for sentence in (sweep.folder / "results/answer.txt").read_text().splitlines():
        assert sentence in body
    assert "Turn on JavaScript to play." in body


def test_the_answer_and_the_plot_are_there(browser, sweep):
    body = text(browser, "after-guess")
    assert "MNIST · mlp · Gaussian noise" in browser.title
    sentences = (sweep.folder / "results/answer.txt").read_text().splitlines()
    indices = [body.index(sentence) for sentence in sentences]
    assert indices == sorted(indices)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#plot .marker")) > 10
    named = [label.text for label in browser.find_elements(By.CSS_SELECTOR, "#plot .key")]
    assert {"networks, fixed noise", "networks, fresh noise", "ceiling, both bounds", "chance"} <= set(named)


def test_the_plot_has_the_numbers_of_the_tables(browser, sweep):
    click_details = browser.find_element(By.CSS_SELECTOR, "#why summary")
    click_details.click()
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#numbers tbody tr")]
    table = pd.read_csv(sweep.folder / "results/comparison.csv")
    for row in table.to_dict("records"):
        numbers = [100 * row[name] for name in ("val_accuracy", "val_accuracy_low", "val_accuracy_high")]
        assert f"{row['draw']} noise {row['scale']:g} {' '.join(f'{x:.2f}' for x in numbers)}" in rows


def test_points_by_mouse_and_by_keyboard(browser):
    plot = browser.find_element(By.CSS_SELECTOR, "#plot .frame")
    plot.send_keys(Keys.ARROW_RIGHT)
    first = plot.get_attribute("aria-valuetext")
    assert re.search(r"scale 0: \d+\.\d %", first)
    plot.send_keys(Keys.ARROW_RIGHT)
    assert "scale 0.5" in plot.get_attribute("aria-valuetext")
    plot.send_keys(Keys.ARROW_DOWN)
    assert plot.get_attribute("aria-valuetext").split(",")[0] != first.split(",")[0]
    marker = browser.find_element(By.CSS_SELECTOR, "#plot svg .fixed .marker:last-child")
    ActionChains(browser).move_to_element(marker).perform()
    assert browser.find_element(By.CSS_SELECTOR, "#plot .readout").text.startswith("fixed noise, scale 2:")


def test_curves_are_switched_off_and_on(browser):
    def curves():
        return len(browser.find_elements(By.CSS_SELECTOR, "#plot svg .fresh:not(.hollow):not(.swatch)"))

    box = browser.find_element(By.XPATH, "//*[@id='plot']//label[contains(., 'networks, fresh')]/input")
    assert curves() == 1
    box.send_keys(Keys.SPACE)
    assert curves() == 0
    box.click()
    assert curves() == 1


def test_slider_moves_the_noise_the_votes_and_the_cursor(browser):
    slider = browser.find_element(By.ID, "scale")
    cursor = "return document.querySelector('#plot .cursor').getAttribute('x1')"
    seen = []
    for key in (Keys.HOME, Keys.PAGE_UP, Keys.END):
        slider.send_keys(key)
        shown = browser.execute_script("return [lab.scales.at(-1)]")
        seen.append(
            (float(text(browser, "scale-value")), browser.execute_script(cursor), picture(browser, "noisy"))
        )
        assert shown == [2.0]
    assert [scale for scale, _, _ in seen] == sorted(scale for scale, _, _ in seen)
    assert (seen[0][0], seen[2][0]) == (0, 2)
    assert len({index for _, index, _ in seen}) == 3
    assert seen[0][2] == picture(browser, "clean") != seen[2][2]
    names = list(answers(browser))
    assert names[0] == "trained without noise"
    assert "trained with fixed noise, scale 2" in names and "trained with fresh noise, scale 2" in names
    assert {STYLES[CENTROID].label, "lower bound of the ceiling"} <= set(names)


def test_noise_is_drawn_again_or_held(browser):
    slider, first = browser.find_element(By.ID, "scale"), picture(browser, "noisy")
    click(browser, "again")
    second = picture(browser, "noisy")
    assert first != second
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert picture(browser, "noisy") == second
    click(browser, "hold")
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert picture(browser, "noisy") != second


def test_other_images_and_images_of_a_class(browser):
    first = picture(browser, "clean")
    click(browser, "next")
    assert picture(browser, "clean") != first
    click(browser, "previous")
    assert picture(browser, "clean") == first
    for digit in "738":
        Select(browser.find_element(By.ID, "class")).select_by_visible_text(digit)
        click(browser, "of-class")
        assert text(browser, "truth") == f"digit: {digit}"
        verdicts = {
            card.text.split("\n")[1]
            for card in browser.find_elements(By.CSS_SELECTOR, "#classifiers .classifier")
        }
        assert verdicts <= {f"{digit} ✓ correct"} | {
            f"{other} ✗ wrong" for other in "0123456789" if other != digit
        } | {line for line in verdicts if not re.match(r"\d [✓✗]", line)}


def test_own_drawing_by_mouse_and_by_keyboard(browser):
    """A vertical stroke is a 1, for the networks without noise and for the nearest mean."""
    slider, pad = browser.find_element(By.ID, "scale"), browser.find_element(By.ID, "pad")
    slider.send_keys(Keys.HOME)
    mouse = ActionChains(browser).move_to_element_with_offset(pad, 15, -50).click_and_hold()
    for _ in range(10):
        mouse.move_by_offset(0, 10)
    mouse.release().perform()
    assert text(browser, "truth") == "your drawing"
    assert answers(browser)["trained without noise"] == "1"
    assert "correct" not in text(browser, "classifiers") and "wrong" not in text(browser, "classifiers")
    by_mouse = picture(browser, "clean")
    click(browser, "clear")
    assert text(browser, "truth").startswith("digit")
    pad.send_keys(*[Keys.ARROW_UP] * 12, Keys.SPACE, *[Keys.ARROW_DOWN] * 24, Keys.SPACE)
    assert text(browser, "truth") == "your drawing"
    assert answers(browser)["trained without noise"] == "1"
    assert np.abs(np.subtract(picture(browser, "clean"), by_mouse)).mean() < 20


def test_moved_and_scaled_digits_are_read_as_those_unmoved(browser):
    votes = browser.execute_script("""
        const network = lab.networks.find(({draw}) => draw === null).layers;
        const canvas = (side) =>
            Object.assign(document.createElement("canvas"), {width: side, height: side});
        const [pad, small] = [canvas(280), canvas(28)];
        const random = (n => () => (n = (n * 16807) % 2147483647) / 2147483647)(11);
        return Array.from({length: 200}, (_, index) => {
            const image = lab.testImage(index);
            const data = small.getContext("2d").createImageData(28, 28);
            image.forEach((x, at) => data.data.set([255 * x, 255 * x, 255 * x, 255], 4 * at));
            small.getContext("2d").putImageData(data, 0, 0);
            const context = pad.getContext("2d");
            context.fillRect(0, 0, 280, 280);
            const side = 90 + 190 * random();
            context.drawImage(small, (280 - side) * random(), (280 - side) * random(), side, side);
            const pixels = context.getImageData(0, 0, 280, 280).data;
            const ink = Float32Array.from({length: 280 * 280}, (_, at) => pixels[4 * at] / 255);
            const moved = lab.normalise(ink, 280, lab.images.shape);
            return [lab.argmax(lab.runNetwork(network, image)), lab.argmax(lab.runNetwork(network, moved))];
        });""")
    assert np.mean([unmoved == moved for unmoved, moved in votes]) >= 0.95


def test_votes_agree_with_keras(browser, sweep):
    """2 000 noisy images for each network, at its own scale."""
    for draw, scale in [("fixed", 0.0), *((draw, scale) for draw in DRAWS for scale in (0.5, 2.0))]:
        noisy = floats(
            browser,
            "window.noisy = new Float32Array(2000 * 784); for (let n = 0; n < 2000; n++)"
            " noisy.set(lab.addNoise(lab.testImage(n % 200), scale, n), n * 784); return noisy;".replace(
                "scale", str(scale)
            ),
        )
        name = None if scale == 0 else draw
        page = browser.execute_script(
            "const [draw, scale] = arguments;"
            "const {layers} = lab.networks.find((one) => one.draw === draw && one.scale === scale);"
            "return Array.from({length: 2000}, (_, n) =>"
            " lab.argmax(lab.runNetwork(layers, noisy.subarray(n * 784, (n + 1) * 784))))",
            *(name, scale),
        )
        network = keras.models.load_model(
            sweep.folder / f"results/models/mlp/{draw}/scale_{scale}/seed_1.keras"
        )
        expected = network.predict(noisy.reshape(-1, 28, 28), batch_size=500, verbose=0).argmax(axis=1)
        assert np.mean(expected == page) >= 0.999
        assert len(set(page)) > 3


def test_guess_is_drawn_and_compared(browser, sweep):
    svg = browser.find_element(By.CSS_SELECTOR, "#guess-plot svg")
    mouse = ActionChains(browser)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg)
    mouse.move_to_element_with_offset(svg, -svg.size["width"] // 2 + 60, -150).click_and_hold()
    mouse.move_by_offset(svg.size["width"] // 2 - 60, 100).move_by_offset(
        svg.size["width"] // 2 - 30, 100
    ).release().perform()
    handles = browser.find_elements(By.CSS_SELECTOR, "#guess-handles input")
    drawn = [int(handle.get_attribute("value")) for handle in handles]
    assert drawn[0] > drawn[1] and drawn[1] < 60
    handles[0].send_keys(Keys.HOME)  # by keyboard: a guess of 0 %
    handles[1].send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 30)
    assert text(browser, "guess-result") == ""
    click(browser, "guess-show")
    table = pd.read_csv(sweep.folder / "results/comparison.csv").query("draw == 'fixed' and scale > 0")
    distance = np.abs(table["val_accuracy"] - [0.0, 0.3]).mean()
    assert f"{100 * distance:.1f} points" in text(browser, "guess-result")
    assert browser.find_elements(By.CSS_SELECTOR, "#guess-plot .fixed .marker")


def test_quiz_to_its_end_and_the_file_becomes_a_baseline(browser, sweep, downloads, tmp_path):
    click(browser, "quiz-start")
    correct = 0
    for number in range(40):
        assert text(browser, "quiz-count").startswith(f"Image {number + 1} of 40.")
        if number % 2:
            browser.find_element(By.TAG_NAME, "body").send_keys(str(number % 10))
        else:
            browser.find_element(By.XPATH, f"//*[@id='quiz-answers']/button[.='{number % 10}']").click()
        correct += "✓ correct" in browser.find_element(By.ID, "quiz-said").get_attribute("textContent")
    assert text(browser, "quiz-score").startswith(f"You recognised {correct} of 40:")
    assert "the network trained without noise" in text(browser, "quiz-score")
    assert browser.find_elements(By.CSS_SELECTOR, "#quiz-plot .you .marker")
    name = browser.find_element(By.ID, "quiz-name")
    name.clear()
    name.send_keys("Ann <b>Lee")
    click(browser, "quiz-save")
    saved = downloads / "Ann_b_Lee.csv"
    wait_for(browser, lambda _: saved.exists())
    assert saved.read_text().startswith("scale,right,n\n0.5,")
    assert pd.read_csv(saved)["right"].sum() == correct
    assert pd.read_csv(saved)["n"].tolist() == [20, 20]
    workflow = sweep.copy(tmp_path / "with people")
    (workflow.folder / "people").mkdir()
    shutil.copy(saved, workflow.folder / "people")
    assert workflow.run(LAB) == {"read_person": 1, "compare_scales": 1, "make_lab": 1}
    table = pd.read_csv(workflow.folder / "results/accuracies.csv")
    table = table[table["classifier"] == "people/Ann_b_Lee.csv"]
    assert table["correct"].sum() == correct and table["n"].tolist() == [20, 20]
    with opened(workflow.folder / LAB) as driver:
        keys = [key.text for key in uncovered(driver).find_elements(By.CSS_SELECTOR, "#plot .key")]
        assert "Ann_b_Lee" in keys


def test_quiz_against_the_clock(browser):
    click(browser, "quiz-timed")
    click(browser, "quiz-start")
    assert text(browser, "quiz-time") == "5 seconds"
    wait_for(browser, lambda page: text(page, "quiz-count").startswith("Image 2 of 40"))
    assert "too late" in text(browser, "quiz-said")


def test_memorised_noise_is_the_stored_one(browser, sweep):
    """What the network says of the image shown is what Keras says of the stored noisy copy."""
    network = keras.models.load_model(sweep.folder / "results/models/mlp/fixed/scale_2.0/seed_1.keras")
    stored = np.load(sweep.folder / "results/noisy/scale_2.0/seed_1/x_train.npy")
    Select(browser.find_element(By.ID, "memorised-scale")).select_by_visible_text("2")
    for _ in range(5):
        shown = np.array(picture(browser, "memorised-stored")).reshape(28, 28, 4)[..., 0]
        index = np.abs(stored * 255 - shown).mean(axis=(1, 2)).argmin()
        assert np.abs(stored[index] * 255 - shown).max() < 1
        says = str(network.predict(stored[index : index + 1], verbose=0).argmax())
        assert browser.find_element(By.CSS_SELECTOR, "#memorised-votes strong").text == says
        other = picture(browser, "memorised-other")
        click(browser, "memorised-again")
        assert picture(browser, "memorised-other") != other
        click(browser, "memorised-next")
    labels = np.load(sweep.folder / "results/images/y_train.npy")
    correct = (network.predict(stored, verbose=0).argmax(axis=1) == labels).mean()
    said = re.search(
        r"Of (\d+) .* recognises ([\d.]+) % with the stored noise, and ([\d.]+) %",
        text(browser, "memorised-count"),
    )
    assert int(said[1]) == 500
    assert abs(float(said[2]) / 100 - correct) < 0.03  # 500 of the 600
    assert float(said[3]) < float(said[2])


def test_links_lead_to_files(browser, sweep):
    for link in browser.find_elements(By.CSS_SELECTOR, "#more a"):
        path = link.get_dom_attribute("href")
        assert path == "report.html" or (sweep.folder / "results" / path).exists()


def test_filtered_pictures_stand_beside_the_noisy_one_with_what_the_network_says(browser, sweep):
    Select(browser.find_element(By.ID, "filtered-scale")).select_by_visible_text("2")
    data = browser.execute_script("return window.lab.filtered")
    ways = ["no filter", "median", "posterior mean", "bias correction alone", "median after bias correction"]
    assert data["ways"] == ways
    network = keras.models.load_model(sweep.folder / "results/models/mlp/fixed/scale_0.0/seed_1.keras")
    names = "x_train", "y_train", "x_test", "y_test"
    source = Source({name: sweep.folder / f"results/images/{name}.npy" for name in names}, 1, Noise())
    indices = indices_on_page(source)[: len(data["labels"])]
    noisy = source.other(source.images("test", indices), 2.0)

    def figures():
        return browser.find_elements(By.CSS_SELECTOR, "#filtered-pictures figure")

    assert len(figures()) == len(ways)
    for figure, way, images in zip(
        figures(), ways, (noisy, median_filter(noisy, 3, axes=(1, 2))), strict=False
    ):
        browser.execute_script("arguments[0].id = 'asked'", figure.find_element(By.TAG_NAME, "canvas"))
        shown = np.array(picture(browser, "asked")).reshape(28, 28, 4)[..., 0]
        browser.execute_script("document.getElementById('asked').id = ''")
        np.testing.assert_array_equal(shown, np.rint(255 * images[0]))
        says = network(images[:1], training=False).numpy()[0]
        assert figure.text.split("\n")[0] == way
        assert figure.text.split("\n")[1].startswith(f"{says.argmax()} (")
    label = int(source.labels("test", indices)[0])
    assert text(browser, "filtered-truth") == f"digit: {label}"
    first = [figure.text for figure in figures()]
    click(browser, "filtered-next")
    assert [figure.text for figure in figures()] != first


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "pack", AXE], cwd=folder, check=True, capture_output=True)
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder)
    return (folder / "package/axe.min.js").read_text()


@pytest.mark.parametrize(
    ("width", "dark"),
    [
        (360, True),
        (1400, False),
        pytest.param(360, False, marks=pytest.mark.long),
        pytest.param(1400, True, marks=pytest.mark.long),
    ],
)
def test_accessible_to_everyone(page, axe, width, dark):
    with opened(page, width=width, dark=dark) as driver:
        ready(driver).execute_script(axe)
        click(driver, "quiz-start")
        check_with_axe(driver)
        for _ in range(40):
            driver.find_element(By.CSS_SELECTOR, "#quiz-answers button").click()
        click(driver, "guess-show")
        driver.find_element(By.CSS_SELECTOR, "#why summary").click()
        check_with_axe(driver)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert driver.execute_script("return document.documentElement.lang") == "en"


def check_with_axe(driver):
    found = driver.execute_async_script("axe.run().then(arguments[0])")
    assert len(found["passes"]) > 20
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_tab_reaches_every_control_and_shows_where_it_is(browser):
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('button, input, select, a[href], summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted + 5):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        at = browser.switch_to.active_element
        if at.tag_name == "body":
            continue
        reached.add(at.id)
        style = browser.execute_script(
            "const s = getComputedStyle(arguments[0]); return [s.outlineStyle, s.outlineWidth]", at
        )
        assert style[0] != "none" and style[1] != "0px", at.get_attribute("outerHTML")[:200]
    assert len(reached) == wanted


@needs_firefox
def test_firefox_shows_the_same(page, tmp_path):
    script = (
        "(() => { const noisy = lab.addNoise(lab.testImage(3), 0.5, 7);"
        " return {noisy: Array.from(noisy),"
        " votes: lab.networks.map(({layers}) => Array.from(lab.runNetwork(layers, noisy))),"
        " classifiers: document.querySelectorAll('#classifiers .classifier').length,"
        " colours: [...document.querySelectorAll('#plot .network .line')]"
        ".map((one) => getComputedStyle(one).stroke),"
        " markers: document.querySelectorAll('#plot .marker').length} })()"
    )
    with opened_in_firefox(page, tmp_path / "profile") as firefox:
        firefox.evaluate(
            "new Promise((done) => { const at = setInterval(() => {"
            " if (document.body.dataset.ready) { clearInterval(at); done(1); } }, 20); })"
        )
        shown = firefox.evaluate(script)
        firefox.evaluate("document.getElementById('again').click()")
        firefox.evaluate("document.getElementById('guess-show').click()")
        firefox.evaluate("document.getElementById('quiz-start').click()")
        assert "Image 1 of 40" in firefox.evaluate("document.getElementById('quiz-count').textContent")
    with opened(page) as driver:
        chromium = ready(driver).execute_script(f"return {script}")
    assert shown["noisy"] == chromium["noisy"]
    assert np.allclose(shown["votes"], chromium["votes"], atol=1e-9)
    light = [LOOKS[draw].colour for draw in ("fresh", "fixed")]
    in_the_plot = ["rgb({}, {}, {})".format(*bytes.fromhex(colour[1:])) for colour in light]
    assert shown["colours"][:2] == chromium["colours"][:2] == in_the_plot
    assert (shown["classifiers"], shown["markers"]) == (chromium["classifiers"], chromium["markers"])


NAMES = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=1'>",
    "$script ${1} &amp;",
]


OTHER = {
    "images": {"name": "own", "path": "own.npz", "train": None, "test": None},
    "noise": {"scales": [0.5]},
}


@pytest.fixture(scope="module")
def other(finished_sweep, tmp_path_factory):
    """A sweep of dense and convolutional networks on three classes whose names are markup, or would end the
    script.
    """
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("other") / "a copy")
    with np.load(workflow.folder / "sample.npz") as sample:
        chosen = {split: np.flatnonzero(sample[f"y_{split}"] < 3) for split in ("train", "test")}
        arrays = {
            f"{array}_{split}": sample[f"{array}_{split}"][indices]
            for split, indices in chosen.items()
            for array in ("x", "y")
        }
    np.savez(workflow.folder / "own.npz", **arrays, classes=NAMES, noun="cell")
    workflow.configure(
        **OTHER,
        networks={"cnn": {}},
    )
    workflow.run(LAB)
    return workflow


@pytest.fixture
def other_browser(chromium, other):
    with visited(chromium, other.folder / LAB) as driver:
        yield uncovered(driver)


def test_several_networks_stand_side_by_side(other_browser, other, axe):
    """mlp runs on the page. Of cnn it has stored votes, beside which mlp votes too."""
    driver, trained = other_browser, "{}, trained with fixed noise, scale 0.5"
    assert "own · cnn, mlp · Gaussian noise" in driver.title
    assert "that of cnn with fixed noise" in text(driver, "guess")
    keys = [key.text for key in driver.find_elements(By.CSS_SELECTOR, "#plot .key")]
    assert {"mlp, fixed noise", "cnn, fixed noise", "training, cnn, fixed noise"} <= set(keys)
    assert list(answers(driver))[:2] == ["mlp, trained without noise", trained.format("mlp")]
    assert not [name for name in answers(driver) if "cnn" in name]
    assert "This page cannot run cnn:" in text(driver, "stored")
    driver.find_element(By.ID, "stored-scale").send_keys(Keys.END)
    assert text(driver, "stored-scale-value") == "0.5"
    networks = {
        name: keras.models.load_model(other.folder / f"results/models/{name}/fixed/scale_0.5/seed_1.keras")
        for name in ("cnn", "mlp")
    }
    for index in range(5):
        noisy = floats(driver, f"return lab.imageOf(lab.stored.scales[1].noisy, {index});").reshape(1, 28, 28)
        votes = answers(driver, "stored-classifiers")
        for name, network in networks.items():
            assert votes[trained.format(name)] == NAMES[network.predict(noisy, verbose=0).argmax()]
        click(driver, "stored-next")
    for name, runs_here in (("mlp", True), ("cnn", False)):
        Select(driver.find_element(By.ID, "memorised-network")).select_by_visible_text(name)
        assert f"{name} recognises" in text(driver, "memorised-count")
        assert driver.find_element(By.ID, "memorised-again").is_displayed() == runs_here
    click(driver, "quiz-start")
    for _ in range(40):
        driver.find_element(By.CSS_SELECTOR, "#quiz-answers button").click()
    columns = [cell.text for cell in driver.find_elements(By.CSS_SELECTOR, "#quiz-scales th")]
    assert columns == ["scale", "you", "mlp trained without noise", "mlp with fixed noise"]
    driver.execute_script(axe)
    check_with_axe(driver)


def test_networks_that_are_not_dense_show_stored_votes(other, tmp_path):
    """Also where none runs on the page."""
    workflow, trained = other.copy(tmp_path / "a copy"), "trained with fixed noise, scale 0.5"
    workflow.configure(**OTHER, networks={"mlp": None, "cnn": {}})
    assert workflow.run(LAB) == {"compare_scales": 1, "make_lab": 1}
    network = keras.models.load_model(workflow.folder / "results/models/cnn/fixed/scale_0.5/seed_1.keras")
    with opened(workflow.folder / LAB) as driver:
        uncovered(driver)
        assert "These networks do not run on this page" in text(driver, "stored")
        assert not driver.find_element(By.ID, "pad").is_displayed()
        assert [link.text for link in driver.find_elements(By.LINK_TEXT, "Look")] == ["Look"]
        driver.find_element(By.ID, "stored-scale").send_keys(Keys.END)
        assert list(answers(driver, "stored-classifiers")) == ["trained without noise", trained]
        noisy = floats(driver, "return lab.imageOf(lab.stored.scales[1].noisy, 0);").reshape(1, 28, 28)
        says = NAMES[network.predict(noisy, verbose=0).argmax()]
        assert answers(driver, "stored-classifiers")[trained] == says
        assert "with the stored noise" in text(driver, "memorised-count")
        assert not driver.find_element(By.ID, "memorised-network").is_displayed()
        click(driver, "quiz-start")
        for _ in range(40):
            driver.find_element(By.CSS_SELECTOR, "#quiz-answers button").click()
        assert "of 40" in text(driver, "quiz-score")


def test_words_of_a_configuration_are_words(other_browser):
    driver = other_browser
    assert driver.execute_script("return window.hacked") is None
    for part in ("classifiers", "stored-classifiers"):
        said = set(answers(driver, part).values())
        assert said and said <= set(NAMES)
    assert text(driver, "truth").startswith("cell: ")
    buttons = driver.find_elements(By.CSS_SELECTOR, "#quiz-answers button")
    assert [button.get_property("textContent") for button in buttons] == NAMES


@pytest.mark.long
@pytest.mark.skipif(not FASHION.exists(), reason="needs Debian's dataset-fashion-mnist")
def test_study_of_garments_calls_them_by_their_names(finished_sweep, tmp_path):
    """On a part of the real images, as Debian's package has them."""
    workflow = finished_sweep.copy(tmp_path / "a copy")
    study = ("--configfile", ROOT / "studies/fashion.yaml", "--directory", "runs/fashion")
    images = f"images={{path: {FASHION}, train: 1000, test: 500}}"
    jobs = workflow.run(LAB, *study, "--config", images, "noise={scales: [0.5]}", "training={epochs: 3}")
    assert jobs["train_model"] == 2
    results = workflow.folder / "runs/fashion/results"
    with gzip.open(FASHION / "train-images-idx3-ubyte.gz") as file:
        published = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(np.load(results / "images/x_train.npy"), published[:1000])
    assert pd.read_csv(results / "comparison.csv")["val_accuracy"].iloc[0] > 0.5
    with opened(results / "lab.html", width=360) as driver:
        uncovered(driver)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 360
        assert driver.find_elements(By.CSS_SELECTOR, "#plot .line")
        Select(driver.find_element(By.ID, "class")).select_by_visible_text("ankle boot")
        click(driver, "of-class")
        assert text(driver, "truth") == "garment: ankle boot"
        assert "digit" not in driver.find_element(By.TAG_NAME, "body").text
        click(driver, "quiz-start")
        driver.find_element(By.XPATH, "//*[@id='quiz-answers']/button[.='sandal']").click()
        assert text(driver, "quiz-count").startswith("Image 2 of 40")


def test_twenty_scales_and_five_seeds(finished_sweep, tmp_path):
    """The rule itself, on networks and tables as such a sweep has them. The numbers in them are made up."""
    workflow = finished_sweep.copy(tmp_path / "a copy")
    scales = [round(0.1 * number, 1) for number in range(1, 21)]
    results = workflow.folder / "results"
    model = results / "models/mlp/fixed/scale_0.5/seed_1.keras"
    for scale in scales:
        copy = results / f"models/mlp/fixed/scale_{scale}/seed_1.keras"
        if not copy.exists():
            copy.parent.mkdir()
            shutil.copy(model, copy)
            with contextlib.chdir(workflow.folder):
                write_card({}, copy.with_suffix(".json"), [copy.relative_to(workflow.folder)])
    identity = {"images": "mnist_sample", "network": "mlp", "kind": "gaussian"}
    rows = {"comparison": [], "accuracies": []}
    for scale in [0.0, *scales]:
        curve = 1 / (1 + scale)
        interval = {"val_accuracy_low": curve - 0.02, "val_accuracy_high": min(1, curve + 0.02)}
        rows["comparison"].append(
            identity
            | {"draw": "fixed", "scale": scale, "seeds": 5, "epochs": 2}
            | {"train_accuracy": 0.9, "val_accuracy": curve}
            | interval
        )
        for seed in range(1, 6):
            same = {"images": "mnist_sample", "kind": "gaussian", "scale": scale, "seed": seed, "n": 200}
            for name in BASELINES:
                rows["accuracies"].append(same | {"classifier": name, "correct": 20 + 2 * seed})
            for bound, height in zip(BOUNDS, (0.05, 0.1), strict=True):
                correct = round(200 * min(1, curve + height))
                rows["accuracies"].append(same | {"classifier": bound, "correct": correct})
    for name, made_up in rows.items():
        table = pd.DataFrame(made_up, columns=list(TABLES[name].columns))
        table.to_csv(results / f"{name}.csv", index=False)
    with contextlib.chdir(workflow.folder):
        files = [f"results/{name}.csv" for name in rows]
        write_card({}, "results/card.json", [*files, "results/answer.txt"])
    workflow.configure(noise={"scales": scales}, seeds=[1, 2, 3, 4, 5])
    done = workflow.start("--allowed-rules", "make_lab", "--force", LAB)
    assert done.returncode == 0, done.stdout + done.stderr
    for width in (360, 1400):
        with opened(workflow.folder / LAB, width=width) as driver:
            uncovered(driver)
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            assert "The networks are those of seed 1, one of 5." in text(driver, "more")
            assert "runs 20 networks" in text(driver, "more")
            assert len(driver.find_elements(By.CSS_SELECTOR, "#guess-handles input")) == 10
            ticks = driver.find_elements(By.CSS_SELECTOR, "#plot svg .tick.middle")
            boxes = sorted((tick.rect["x"], tick.rect["width"]) for tick in ticks if "scale" not in tick.text)
            assert all(x + w <= after for (x, w), (after, _) in itertools.pairwise(boxes))
