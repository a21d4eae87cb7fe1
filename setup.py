"""Builds graceline._core by CMake: the core inside, or against an installed libgraceline.so.

Must not download anything. Environment: GRACELINE_PYTHON_INSTALLED=1 links the libgraceline that
CMake finds (CMAKE_PREFIX_PATH), GRACELINE_PYTHON_BUILD_DIR keeps the build folder,
GRACELINE_CMAKE_ARGUMENTS adds to the configuring command, GRACELINE_JOBS bounds the parallel jobs.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
PACKAGE = Path("bindings/python")
# What a source distribution needs to build itself.
SOURCES = ["CMakeLists.txt", "LICENSE", "CHANGELOG.md", "README.md", "cmake", "core", "capi",
           "bindings/python/CMakeLists.txt", "bindings/python/README.md", "bindings/python/src",
           "bindings/python/graceline", "setup.py", "pyproject.toml"]
KEPT = (".py", ".pyi", ".typed", ".cpp", ".hpp", ".h", ".txt", ".cmake", ".in", ".map", ".md",
        ".toml", "LICENSE")


def version():
    """The version stands once, in the header."""
    header = (ROOT / "capi/include/graceline/graceline.h").read_text(encoding="utf-8")
    return re.search(r'#define GRACELINE_VERSION_TEXT "([^"]+)"', header).group(1)


class BuildByCMake(build_ext):
    """One extension, by CMake."""

    def build_extension(self, ext):
        output = Path(self.get_ext_fullpath(ext.name)).resolve()
        installed = bool(os.environ.get("GRACELINE_PYTHON_INSTALLED"))
        build = Path(os.environ.get("GRACELINE_PYTHON_BUILD_DIR")
                     or Path(self.build_temp).resolve() / "cmake")
        build.mkdir(parents=True, exist_ok=True)
        configure = ["cmake", "-S", str(ROOT / PACKAGE if installed else ROOT), "-B", str(build),
                     "-DCMAKE_BUILD_TYPE=Release", f"-DGRACELINE_PYTHON={sys.executable}",
                     f"-DCMAKE_CXX_FLAGS=-ffile-prefix-map={ROOT}=."]
        if installed:
            # Where the library lay here says nothing of where it lies elsewhere.
            configure += ["-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON"]
        else:
            configure += ["-DGRACELINE_BUILD_PYTHON=ON", "-DGRACELINE_BUILD_TESTS=OFF",
                          "-DGRACELINE_BUILD_TOOLS=OFF", "-DGRACELINE_WERROR=OFF",
                          "-DGRACELINE_UNITY=ALL"]
        if shutil.which("ninja") and not (build / "CMakeCache.txt").exists():
            configure += ["-G", "Ninja"]
        configure += shlex.split(os.environ.get("GRACELINE_CMAKE_ARGUMENTS", ""))
        jobs = os.environ.get("GRACELINE_JOBS") or str(os.cpu_count() or 1)
        subprocess.run(configure, check=True)
        subprocess.run(["cmake", "--build", str(build), "--target", "graceline_python",
                        "--parallel", jobs], check=True)
        folder = build if installed else build / PACKAGE
        made = list((folder / "package/graceline").glob("_core.*.so"))
        if len(made) != 1:
            raise SystemExit(f"setup: CMake made {len(made)} extensions instead of one")
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made[0], output)


class SourceDistribution(sdist):
    """The sources of the core go along; git is not needed to know them."""

    def make_distribution(self):
        for source in SOURCES:
            path = ROOT / source
            files = [path] if path.is_file() else sorted(path.rglob("*"))
            for file in files:
                if file.is_file() and file.name.endswith(KEPT) and "__pycache__" not in file.parts:
                    self.filelist.append(str(file.relative_to(ROOT)))
        self.filelist.sort()
        self.filelist.remove_duplicates()
        super().make_distribution()


setup(
    version=version(),
    packages=["graceline"],
    package_dir={"": str(PACKAGE)},
    package_data={"graceline": ["py.typed", "*.pyi"]},
    ext_modules=[Extension("graceline._core", sources=[])],
    cmdclass={"build_ext": BuildByCMake, "sdist": SourceDistribution},
    zip_safe=False,
)
