"""What the package promises of itself: types, what is generated, what the extension shows.

Must look at the extension that the other tests use.
"""
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

import graceline
import graceline.lifecycle
import graceline.sync
from graceline import _core

HERE = Path(__file__).resolve().parent
PACKAGE = ROOT / "bindings" / "python" / "graceline"
SOURCES = ROOT / "bindings" / "python" / "src"


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout + done.stderr


def foreign_includes(folder):
    """What its files include and is not theirs, of C++, of the system, of Python or pybind11."""
    files = [file for file in folder.iterdir() if file.suffix in (".cpp", ".hpp")]
    own = {file.name for file in files}
    plain = re.compile(r"(Python|pthread|structmember|unistd|pybind11/[a-z0-9_]+)\.h|[a-z_]+")
    return {name for file in files
            for name in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]',
                                   file.read_text(encoding="utf-8"), re.MULTILINE)
            if name not in own and not plain.fullmatch(name)}


def test_what_is_generated_is_what_the_header_gives():
    code, said = run(sys.executable, "-B", str(ROOT / "bindings/python/generate.py"), "--check")
    assert code == 0, said


def test_mypy_strict(tmp_path):
    code, said = run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path),
                     str(PACKAGE))
    assert code == 0, said


def test_mypy_finds_wrong_use(tmp_path):
    """The options are typed although the constructor takes them all."""
    program = tmp_path / "wrong.py"
    program.write_text("import graceline\n"
                       "graceline.Client('ws://x', grace='3')\n"
                       "graceline.Client('ws://x', nonsense=1)\n"
                       "graceline.Client('ws://x', grace=None, ssl=graceline.Tls())\n")
    code, said = run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path),
                     str(program), MYPYPATH=str(PACKAGE.parent))
    assert code == 1
    assert sorted(re.findall(r"wrong.py:(\d+): error", said)) == ["2", "3"], said


def test_stub_of_the_extension():
    code, said = run(sys.executable, "-m", "mypy.stubtest", "graceline._core", "--allowlist",
                     str(HERE / "stubtest_allowlist.txt"),
                     MYPYPATH=str(Path(_core.__file__).parent.parent))
    assert code == 0, said


def test_the_extension_includes_the_public_headers_only():
    assert foreign_includes(SOURCES) == {"graceline/graceline.h", "graceline/graceline.hpp"}


def test_an_include_of_the_core_would_be_seen(tmp_path):
    (tmp_path / "own.hpp").touch()
    (tmp_path / "bad.cpp").write_text('#include <vector>\n#include "own.hpp"\n'
                                      '#  include "engine/engine.hpp"\n#include <json/json.h>\n'
                                      '#include "../../core/client/client.hpp"\n')
    assert foreign_includes(tmp_path) == {"engine/engine.hpp", "json/json.h",
                                          "../../core/client/client.hpp"}


def test_the_extension_exports_one_name_and_no_path():
    code, said = run("nm", "-D", "--defined-only", "--format=posix", _core.__file__)
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == ["PyInit__core"]
    assert str(ROOT).encode() not in Path(_core.__file__).read_bytes()


def test_every_public_name_has_a_docstring():
    without = []
    for module in (graceline, graceline.sync, graceline.lifecycle):
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.isclass(thing) and not inspect.isfunction(thing):
                continue
            without += [f"{name}.{member}"
                        for member, function in inspect.getmembers(thing, inspect.isfunction)
                        if not member.startswith("_") and not function.__doc__]
            if not thing.__doc__:
                without.append(name)
    assert without == []
