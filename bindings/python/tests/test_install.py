"""What a stranger does: pip install, an editable one, a source distribution, an installed library.

Must use nothing from a network. These take the longest; the lane runs them with a compiler cache.
"""
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
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


def paths_of_this_machine(name, content, *more):
    """Folders of the build in a file, with the file's name."""
    folders = {str(ROOT), str(BUILD), str(Path.home()), tempfile.gettempdir(), *map(str, more)}
    # Headers may say the name of a folder that every system has; a path in it they may not.
    return [f"{name}: {folder}" for folder in sorted(folders)
            if folder.encode() + b"/" in content]


def open_wheel(folder):
    """What the only wheel of a folder holds, by name."""
    wheel, = folder.glob("graceline-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def make_wheel(python, folder, **environment):
    run(python, "-m", "pip", "wheel", "--no-build-isolation", "--no-index", "--no-deps",
        "--disable-pip-version-check", "-w", folder, ".", **environment)
    return open_wheel(folder)


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
    run(venv, "-m", "pip", "uninstall", "-y", "graceline", cwd=tmp_path)


def test_a_wheel_is_complete_and_says_nothing_of_this_machine(venv, settings, tmp_path):
    files = make_wheel(venv, tmp_path, **settings)
    package = {f"graceline/{file.name}" for file in (ROOT / "bindings/python/graceline").iterdir()
               if file.suffix in (".py", ".pyi", ".typed")}
    extensions = [name for name in files if name.endswith(".so")]
    assert package <= files.keys() and len(extensions) == 1
    assert all(name.startswith(("graceline/", "graceline-")) for name in files)
    assert [each for name in files for each in paths_of_this_machine(name, files[name])] == []
    dynamic = tmp_path / "core.so"
    dynamic.write_bytes(files[extensions[0]])
    said = run("readelf", "-d", dynamic)
    assert "RPATH" not in said and "RUNPATH" not in said and "libgraceline" not in said


def test_a_path_of_this_machine_would_be_seen():
    there = f"x\0{ROOT}/core/client.cpp\0".encode()
    assert paths_of_this_machine("file", there) != [] == paths_of_this_machine("file", b"./core")


def test_editable_install(venv, settings, tmp_path):
    before = set((ROOT / "bindings/python/graceline").glob("_core.*.so"))
    run(venv, "-m", "pip", "install", "--no-build-isolation", "--no-index", "--no-deps",
        "--disable-pip-version-check", "-e", ".", **settings)
    said = run(venv, "-c", PROGRAM, cwd=tmp_path)
    assert str(ROOT / "bindings/python/graceline") in said
    run(venv, "-m", "pip", "uninstall", "-y", "graceline", cwd=tmp_path)
    for made in set((ROOT / "bindings/python/graceline").glob("_core.*.so")) - before:
        made.unlink()


def sources_of_the_extension():
    """Every file of this tree that the compiler has read for it, as the release build noted."""
    found, wanted = set(), False
    for line in run("ninja", "-C", BUILD, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            wanted = line.startswith(("core/", "capi/")) or "graceline_python_objects" in line
        elif wanted and line.strip():
            path = Path(os.path.normpath(BUILD / line.strip()))
            if path.is_relative_to(ROOT) and not path.is_relative_to(BUILD):
                found.add(str(path.relative_to(ROOT)))
    return found


def test_source_distribution(tmp_path):
    """Complete: every file that the compiler reads is there, and it configures by itself."""
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
    assert [each for file in folder.rglob("*") if file.is_file() and "build" not in file.parts
            for each in paths_of_this_machine(file.name, file.read_bytes())] == []
    needed = sources_of_the_extension()
    assert len(needed) > 200
    assert [name for name in sorted(needed) if not (folder / name).exists()] == []
    targets = run("cmake", "--build", tmp_path / "build", "--target", "help")
    assert "graceline_python" in targets
    assert (folder / "bindings/python/graceline/py.typed").exists()
    assert not list(folder.rglob("*.so"))


def test_an_installed_library(venv, tmp_path):
    """The bridge alone, against libgraceline.so where it was installed: no Boost, no core."""
    prefix = tmp_path / "prefix"
    run("cmake", "--install", BUILD, "--prefix", prefix)
    files = make_wheel(venv, tmp_path, GRACELINE_PYTHON_INSTALLED="1",
                       GRACELINE_PYTHON_BUILD_DIR=str(BUILD.parent / "python-installed"),
                       GRACELINE_CMAKE_ARGUMENTS="-U graceline_DIR -DCMAKE_BUILD_TYPE=Debug "
                                                 f"-DCMAKE_PREFIX_PATH={prefix}")
    found = [each for name in files
             for each in paths_of_this_machine(name, files[name], prefix)]
    assert found == []
    for name, content in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_bytes(content)
    library, = prefix.rglob("libgraceline.so")
    environment = {"PYTHONPATH": str(tmp_path / "site"), "LD_LIBRARY_PATH": str(library.parent)}
    said = run(sys.executable, "-c", PROGRAM, cwd=tmp_path, **environment)
    assert said.startswith("connect_failed")
    maps = run(sys.executable, "-c", "import graceline; print(open('/proc/self/maps').read())",
               cwd=tmp_path, **environment)
    assert str(library.parent) in maps
