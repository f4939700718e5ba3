"""What is installed is what was pinned, byte for byte, and nothing is sent or kept that should not be."""

import json
import os
import re
import shutil
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


@pytest.fixture
def unfit(tmp_path):
    """A folder for make, and one with a python3 that does not fit: a real one if this machine has one."""
    for name in ("Makefile", "studies"):
        (tmp_path / name).symlink_to(Path(name).resolve())
    (tmp_path / "requirements.txt").write_text(requirement(PACKAGE))
    programs = tmp_path / "programs"
    programs.mkdir()
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--all-versions", "--output-format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    pythons = [*Path.home().glob(".pyenv/versions/3.*/bin/python3")]
    pythons += [Path(one["path"]) for one in json.loads(listed.stdout)]
    minor = {path: re.search(r"3\.(\d+)", str(path.resolve())) for path in pythons}
    unfit = [path for path, found in minor.items() if found and int(found[1]) in (8, 9, 10, 14, 15)]
    if unfit:
        (programs / "python3").symlink_to(unfit[0])
    else:
        real = f'*) exec "{sys.executable}" "$@" ;;'
        (programs / "python3").write_text(
            f"#!/bin/sh\ncase $1 in -c) exit 1 ;; --version) echo Python 3.14.0 ;; {real} esac\n"
        )
        (programs / "python3").chmod(0o755)
    return tmp_path, programs


def set_up(folder, *paths, **variables):
    environment = os.environ | {"PATH": ":".join(map(str, paths))} | variables
    command = ["make", ".venv/run.stamp"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


def test_make_finds_a_python_that_fits_and_says_which(wheel, unfit):
    folder, programs = unfit
    done = set_up(folder, programs, Path(sys.executable).resolve().parent, "/usr/bin", "/bin")
    assert done.returncode == 0, done.stdout + done.stderr
    python = subprocess.run([folder / ".venv/bin/python", "--version"], capture_output=True, text=True)
    assert re.fullmatch(r"Python 3\.1[123]\.\d+\n", python.stdout)
    line = r"python3 is Python 3\.\S+, which is not Python 3.11, 3.12 or 3.13. .venv has {} of /.*\.\n"
    assert re.search(line.format(re.escape(python.stdout.strip())), done.stdout)
    assert list(folder.glob(f".venv/lib/python3.*/site-packages/{PACKAGE}"))


def test_make_without_a_python_that_fits_says_what_is_needed(wheel, unfit, faults):
    faults.injected()
    folder, programs = unfit
    for name in "make sh mktemp rm cp mkdir head touch flock ls sed test date env".split():
        if path := shutil.which(name):
            (programs / name).symlink_to(path)
    done = set_up(folder, programs, UV_PYTHON_DOWNLOADS="never", UV_PYTHON_INSTALL_DIR=str(folder / "none"))
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert "but this needs Python 3.11, 3.12 or 3.13. This machine has none, and uv could not" in line
    assert line.endswith("Install one, and name it: make PYTHON=python3.12")
    assert not (folder / ".venv").exists()


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
