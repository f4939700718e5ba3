"""What is installed is what was pinned, byte for byte, and nothing is sent or kept that should not be."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

UV = Path(sys.executable).with_name("uv")
PACKAGE = "namex"  # small, and pure Python


def requirement(name):
    """The lines of requirements.txt that pin a package."""
    text = Path("requirements.txt").read_text()
    return re.search(rf"^{name}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL).group()


def install(folder, requirements, *options):
    (folder / "requirements.txt").write_text(requirements)
    command = [
        UV,
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-cache",
        "--target",
        folder / "installed",
    ]
    return subprocess.run(
        [*command, *options, "-r", folder / "requirements.txt"], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    (folder / "requirements.txt").write_text(requirement(PACKAGE))
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--dest",
        folder,
    ]
    done = subprocess.run([*command, "-r", folder / "requirements.txt"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs the package registry: {done.stderr[-300:]}")
    return next(folder.glob("*.whl"))


def test_package_as_pinned_is_installed(wheel, tmp_path):
    done = install(tmp_path, requirement(PACKAGE), "--no-index", "--find-links", wheel.parent)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "installed").glob(f"{PACKAGE}*"))


def test_a_changed_byte_in_a_package_stops_the_installation(wheel, tmp_path, faults):
    faults.injected()
    changed = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(changed, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            target.writestr(
                member, data.replace(b"def ", b"def  ", 1) if member.filename.endswith(".py") else data
            )
    done = install(tmp_path, requirement(PACKAGE), "--no-index", "--find-links", tmp_path)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
    assert not list(tmp_path.glob(f"installed/{PACKAGE}*"))


def test_a_package_without_a_hash_stops_the_installation(tmp_path, faults):
    faults.injected()
    done = install(tmp_path, requirement(PACKAGE).split(" ")[0] + "\n")
    assert done.returncode != 0
    assert "hash" in done.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_every_package_is_pinned_to_one_version_with_hashes(name):
    packages = re.findall(r"^(\S.*?)(?=^\S|\Z)", Path(name).read_text(), re.MULTILINE | re.DOTALL)
    pinned = [package for package in packages if not package.startswith("#")]
    assert len(pinned) > 5
    for package in pinned:
        assert re.match(r"[\w.\[\]-]+==[\w.+!]+ ", package), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package


def test_repository_has_no_secrets():
    """No private key, token or password in any file that git knows."""
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True)
    if files.returncode:
        pytest.skip("needs a git checkout")
    secret = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_\w{36}|AKIA[0-9A-Z]{16}|xox[bap]-\w|pypi-A[g]E|://[^/\s:@{]+:[^/\s@{]+@"
    )
    found = [
        name
        for name in files.stdout.splitlines()
        if Path(name).is_file() and secret.search(Path(name).read_text(errors="replace"))
    ]
    assert found == []
