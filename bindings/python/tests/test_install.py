"""What a stranger does: pip install, an editable one, a source distribution, an installed library.

Must use nothing from a network. These take the longest; the lane runs them with a compiler cache.
"""
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from conftest import BUILD, ROOT

PROGRAM = """
import asyncio, graceline, graceline.sync, graceline.lifecycle
async def main():
    async with graceline.Client("ws://127.0.0.1:1/ws") as client:
        try:
            await client.connect()
        except graceline.ConnectionFailedError as error:
            print(error.reason, graceline.__file__)
asyncio.run(main())
"""


def run(*command, cwd=ROOT, **environment):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(each) for each in command], cwd=cwd, capture_output=True, text=True,
                          env={**clean, **environment})
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def venv(tmp_path_factory):
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--system-site-packages", folder)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def settings():
    """The compilations of the release build, beside it, so that a compiler cache knows them."""
    return {"GRACELINE_PYTHON_BUILD_DIR": str(BUILD.parent / "python"),
            "GRACELINE_CMAKE_ARGUMENTS":
                "-DCMAKE_CXX_FLAGS= -DGRACELINE_UNITY=OFF -DGRACELINE_WERROR=ON"}


def test_pip_install(venv, settings, tmp_path):
    run(venv, "-m", "pip", "install", "--no-build-isolation", "--no-index", "--no-deps",
        "--disable-pip-version-check", ".", **settings)
    said = run(venv, "-c", PROGRAM, cwd=tmp_path)
    assert said.startswith("connect_failed") and "site-packages" in said
    files = run(venv, "-m", "pip", "show", "-f", "graceline", "--disable-pip-version-check",
                cwd=tmp_path)
    for name in ("graceline/py.typed", "graceline/_core.pyi", "graceline/sync.py"):
        assert name in files
    extension, = Path(said.split()[1]).parent.glob("_core.*.so")
    assert str(ROOT).encode() not in extension.read_bytes()
    run(venv, "-m", "pip", "uninstall", "-y", "graceline", cwd=tmp_path)


def test_editable_install(venv, settings, tmp_path):
    before = set((ROOT / "bindings/python/graceline").glob("_core.*.so"))
    run(venv, "-m", "pip", "install", "--no-build-isolation", "--no-index", "--no-deps",
        "--disable-pip-version-check", "-e", ".", **settings)
    said = run(venv, "-c", PROGRAM, cwd=tmp_path)
    assert str(ROOT / "bindings/python/graceline") in said
    run(venv, "-m", "pip", "uninstall", "-y", "graceline", cwd=tmp_path)
    for made in set((ROOT / "bindings/python/graceline").glob("_core.*.so")) - before:
        made.unlink()


def test_source_distribution(tmp_path):
    """Complete: it configures by itself, with the target that setup.py builds."""
    run(sys.executable, "setup.py", "-q", "egg_info", "--egg-base", tmp_path,
        "sdist", "--dist-dir", tmp_path)
    archive, = tmp_path.glob("graceline-*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data") if sys.version_info >= (3, 12) \
            else tar.extractall(tmp_path)
    folder, = (each for each in tmp_path.glob("graceline-*") if each.is_dir())
    run("cmake", "-S", folder, "-B", tmp_path / "build", "-DGRACELINE_BUILD_PYTHON=ON",
        "-DGRACELINE_BUILD_TESTS=OFF", "-DGRACELINE_BUILD_TOOLS=OFF",
        f"-DGRACELINE_PYTHON={sys.executable}")
    targets = run("cmake", "--build", tmp_path / "build", "--target", "help")
    assert "graceline_python" in targets
    assert (folder / "bindings/python/graceline/py.typed").exists()
    assert not list(folder.rglob("*.so"))


def test_an_installed_library(tmp_path):
    """The bridge alone, against libgraceline.so where it was installed: no Boost, no core."""
    prefix, build = tmp_path / "prefix", BUILD.parent / "python-installed"
    run("cmake", "--install", BUILD, "--prefix", prefix)
    run("cmake", "-S", ROOT / "bindings/python", "-B", build, "-U", "graceline_DIR",
        "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DGRACELINE_PYTHON={sys.executable}")
    run("cmake", "--build", build, "--target", "graceline_python", "--parallel", "2")
    said = run(sys.executable, "-c", PROGRAM, cwd=tmp_path,
               PYTHONPATH=str(build / "package"))
    assert said.startswith("connect_failed")
    maps = run(sys.executable, "-c", "import graceline; print(open('/proc/self/maps').read())",
               cwd=tmp_path, PYTHONPATH=str(build / "package"))
    assert str(prefix) in maps
