"""`make firmware` of an ESP32 board without a usable ESP-IDF: it stops and says what to install."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import idf

ROOT = Path(__file__).resolve().parents[3]
INSTALL = [
    "git clone -b v5.4.2 --depth 1 --recursive --shallow-submodules",
    "https://github.com/espressif/esp-idf/releases/download/v5.4.2/esp-idf-v5.4.2.zip",
    "install.sh esp32,esp32c3,esp32s3",
    ". ~/esp-idf/export.sh",
    "docker build -t handset-esp32 -f firmware/ports/esp32/Containerfile firmware/ports/esp32",
    'docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/handset handset-esp32',
]


def fake_idf(folder: Path, numbers: str) -> dict[str, str]:
    """An environment with an ESP-IDF of that version."""
    lines = [
        f"set(IDF_VERSION_{name} {number})"
        for name, number in zip(("MAJOR", "MINOR", "PATCH"), numbers.split("."), strict=True)
    ]
    (folder / "tools/cmake").mkdir(parents=True)
    (folder / "tools/cmake/version.cmake").write_text("\n".join(lines))
    (folder / "tools/idf.py").touch(mode=0o755)
    return {"IDF_PATH": str(folder), "PATH": f"{folder}/tools"}


@pytest.mark.parametrize("numbers", ["5.2.0", "5.2.2", "5.3.1", "5.4.0", "5.4.2", "5.4.3"])
def test_supported_versions_pass(tmp_path: Path, numbers: str) -> None:
    assert idf.check(fake_idf(tmp_path, numbers)) == numbers


@pytest.mark.parametrize("numbers", ["4.4.8", "5.1.6", "5.5.0", "6.0.0"])
def test_other_versions_do_not(tmp_path: Path, numbers: str) -> None:
    with pytest.raises(idf.IdfError, match=f"is ESP-IDF v{numbers}; .* v5.2 to v5.4"):
        idf.check(fake_idf(tmp_path, numbers))


def test_no_variable_is_said() -> None:
    with pytest.raises(idf.IdfError, match="IDF_PATH is not set"):
        idf.check({"PATH": "/usr/bin"})
    with pytest.raises(idf.IdfError, match="IDF_PATH is not set"):
        idf.check({"PATH": "/usr/bin", "IDF_PATH": ""})


def test_a_folder_that_is_no_idf_is_said(tmp_path: Path) -> None:
    with pytest.raises(idf.IdfError, match=f"{tmp_path}, which is no ESP-IDF"):
        idf.check({"IDF_PATH": str(tmp_path)})
    environment = fake_idf(tmp_path, "5.4.2")
    (tmp_path / "tools/cmake/version.cmake").write_text("set(IDF_VERSION_MAJOR 5)\n")
    with pytest.raises(idf.IdfError, match="does not say which version"):
        idf.check(environment)


def test_an_idf_that_is_not_active_in_this_shell_is_said(tmp_path: Path) -> None:
    environment = fake_idf(tmp_path, "5.4.2")
    with pytest.raises(idf.IdfError, match=f"run  [.] {tmp_path}/export.sh"):
        idf.check({**environment, "PATH": "/nowhere"})


def make(board: str, out: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["make", "-f", f"boards/{board}/build.mk", f"OUT={out}"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_make_stops_before_anything_is_made(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "IDF_PATH"}
    run = make("esp32_devkitc", tmp_path / "out", environment)
    assert run.returncode == 2
    assert "no firmware for ESP32 boards: IDF_PATH is not set" in run.stderr
    for line in INSTALL:
        assert line in run.stderr
    assert not (tmp_path / "out").exists()


def test_make_stops_at_a_wrong_version(tmp_path: Path) -> None:
    other = fake_idf(tmp_path / "idf", "5.0.5")
    environment = {**os.environ, "IDF_PATH": other["IDF_PATH"]}
    run = make("lilygo_t_deck_plus", tmp_path / "out", environment)
    assert run.returncode == 2
    assert "ESP-IDF v5.0.5" in run.stderr and INSTALL[0] in run.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_variant_is_refused(tmp_path: Path) -> None:
    run = make("esp32_devkitc", tmp_path / "out", {**os.environ, "VARIANT": "debug"})
    assert run.returncode == 2
    assert "VARIANT is release or dev, not 'debug'" in run.stderr


def test_the_container_has_the_version_we_recommend() -> None:
    recipe = (ROOT / "firmware/ports/esp32/Containerfile").read_text()
    assert f"FROM espressif/idf:v{idf.RECOMMENDED}\n" in recipe
    assert recipe.count("FROM ") == 1


def test_the_commands_in_the_recipe_are_those_of_the_advice() -> None:
    recipe = (ROOT / "firmware/ports/esp32/Containerfile").read_text()
    for line in INSTALL[-2:]:
        assert line in recipe and line in idf.ADVICE
