"""Time from a move of the lab's slider to the votes, by the clock of the browser.

    python benchmarks/lab.py [--page results/lab.html] [--moves 200]

Needs Debian's chromium and chromium-driver. Each move draws the noise, asks every classifier and shows the
votes.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, "tests")
from browsing import opened, wait_for

MOVES = """
const [moves, done] = arguments;
const slider = document.getElementById("scale");
const times = [];
async function measure() {
  for (let move = 0; move < moves; move++) {
    slider.value = (move * 617) % 1001;
    const start = performance.now();
    slider.dispatchEvent(new Event("input"));
    const voted = performance.now();
    await new Promise(requestAnimationFrame);
    times.push([voted - start, performance.now() - start]);
  }
  done(times);
}
measure();
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("results/lab.html"))
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args()
    with opened(options.page.resolve()) as driver:
        wait_for(driver, lambda page: page.execute_script("return document.body.dataset.ready"))
        # From the address's request to the moment when every part works.
        loading = driver.execute_script("return performance.now()") / 1000
        driver.set_script_timeout(300)
        times = np.array(driver.execute_async_script(MOVES, options.moves))
    print(f"the page works {loading:.2f} s after it was asked for, at most")
    for name, column in zip(("votes are computed", "votes are on the screen"), times.T, strict=True):
        median, late, most = np.percentile(column, [50, 95, 100])
        print(f"{name}: median {median:.1f} ms, 95 % within {late:.1f} ms, all within {most:.1f} ms")


if __name__ == "__main__":
    main()
