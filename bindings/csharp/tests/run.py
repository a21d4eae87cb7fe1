#!/usr/bin/env python3
"""Builds the C# binding and runs all its tests, on .NET and Mono; ends with "N passed, N failed".

Must leave no process behind and touch nothing outside its output folder. What a machine has not
(dotnet, mono, NuGet) is skipped with a reason, in a line that begins with "skipped:".
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BINDING = os.path.dirname(HERE)
ROOT = os.path.dirname(os.path.dirname(BINDING))
RUNTIME_CONFIG = {"runtimeOptions": {
    "tfm": "net10.0", "framework": {"name": "Microsoft.NETCore.App", "version": "10.0.0"}}}
MOST_SECONDS = 240
PACKAGES = ("Graceline", "Graceline.Extensions.Hosting")
# What the programs need of Mono's own assemblies, without which full AOT loads nothing.
AOT_ASSEMBLIES = ("mscorlib", "System", "System.Core", "Mono.Security", "System.Xml",
                  "System.Configuration", "System.Security", "System.Numerics", "System.Net.Http",
                  "netstandard")


class Run:
    def __init__(self, build, out):
        self.build, self.out = os.path.abspath(build), os.path.abspath(out)
        self.passed = self.failed = 0
        self.environment = dict(
            os.environ, DOTNET_CLI_TELEMETRY_OPTOUT="1", DOTNET_NOLOGO="1",
            DOTNET_SKIP_FIRST_TIME_EXPERIENCE="1", DOTNET_GENERATE_ASPNET_CERTIFICATE="false",
            MSBUILDDISABLENODEREUSE="1", DOTNET_CLI_USE_MSBUILD_SERVER="0",
            UseSharedCompilation="false", GracelineOut=self.out,
            GracelineNative=os.path.join(self.out, "native"),
            GRACELINE_DEVSERVER=os.path.join(
                self.build, "tools/devserver/graceline-devserver"),
            GRACELINE_SCENARIOS=os.path.join(ROOT, "tests/scenarios"))
        os.makedirs(self.out, exist_ok=True)

    def native(self, variant=""):
        return os.path.join(self.build, "bindings/csharp", variant)

    def path(self, *parts):
        return os.path.join(self.out, *parts)

    def call(self, *command, cwd=None, library=None, more=None, seconds=MOST_SECONDS):
        """(exit code, output)."""
        environment = dict(self.environment, **(more or {}))
        if library:
            environment["LD_LIBRARY_PATH"] = library
        try:
            done = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired as expired:
            text = expired.stdout or b""
            return 124, (text.decode() if isinstance(text, bytes) else text) + "\nstopped: too long"
        return done.returncode, done.stdout

    def result(self, name, good, output="", began=None):
        took = f" ({time.monotonic() - began:.1f} s)" if began else ""
        print(f"{'passed' if good else 'FAILED'}: {name}{took}", flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("\n".join(output.splitlines()[-60:]), flush=True)
        return good

    def suite(self, name, command, library):
        """A run of the test program: its own sums count."""
        began = time.monotonic()
        code, output = self.call(*command, library=library)
        sums = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
        passed, failed = (int(sums.group(1)), int(sums.group(2))) if sums else (0, 1)
        if code != 0 and failed == 0:
            failed = 1
        self.passed += passed
        self.failed += failed
        print(f"{name}: {passed} passed, {failed} failed ({time.monotonic() - began:.1f} s)",
              flush=True)
        if failed:
            print("\n".join(line for line in output.splitlines()
                            if not line.startswith("Passed "))[-8000:], flush=True)


def skip(text):
    print(f"skipped: {text}", flush=True)


def place_native(run):
    """The native library where the packages look for it."""
    library = os.path.join(run.native(), "libgraceline_csharp.so")
    if not os.path.isfile(library):
        sys.exit(f"{library} is not there; build it first: cmake --build {run.build} "
                 "--target graceline graceline_csharp graceline_csharp_scripted "
                 "graceline-devserver")
    folder = run.path("native/runtimes/linux-x64/native")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(library, folder)


def build(run, *projects):
    """The projects, and the packages."""
    place_native(run)
    for project in projects:
        began = time.monotonic()
        code, output = run.call("dotnet", "build", project, "-c", "Release", "-nodeReuse:false",
                                "-v", "q", cwd=BINDING)
        if code != 0 and re.search(r"NU1301|NU1101|NU1102", output):
            skip("the packages could not be restored: " +
                 re.search(r"NU\d+[^\n]*", output).group(0))
            return None
        clean = code == 0 and not re.search(r": warning \w+", output)
        if not run.result(f"build {project} without a warning", clean, output, began):
            return False
    for project in PACKAGES:
        code, output = run.call("dotnet", "pack", project, "-c", "Release", "--no-build",
                                "-nodeReuse:false", "-v", "q", "-o", run.path("packages"),
                                cwd=BINDING)
        if not run.result(f"pack {project}", code == 0, output):
            return False
    return True


def test_programs(run):
    program = run.path("bin/Graceline.Tests/release/Graceline.Tests.dll")
    config = os.path.splitext(program)[0] + ".runtimeconfig.json"
    with open(config, "w", encoding="utf-8") as file:
        json.dump(RUNTIME_CONFIG, file)
    runtimes = [("net", ["dotnet", "exec", "--runtimeconfig", config, program])]
    if shutil.which("mono"):
        runtimes.append(("mono", ["mono", program]))
    else:
        skip("mono is not here")
    for name, command in runtimes:
        run.suite(f"{name}, real sockets", command, run.native())
        if os.path.isdir(run.native("tests/scripted")):
            run.suite(f"{name}, virtual time", command, run.native("tests/scripted"))
        else:
            skip("this build has no scripted library")


class DevServer:
    """The dev server for programs of this script."""

    def __init__(self, run):
        self.process = subprocess.Popen(
            [run.environment["GRACELINE_DEVSERVER"], "--port", "0", "--control-port", "0",
             "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"ws://\S+", self.process.stdout.readline()).group(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def new_console(run, name, *more):
    """A fresh console project with our packages' folder as one more source."""
    folder = run.path("consumers", name)
    shutil.rmtree(folder, ignore_errors=True)
    code, output = run.call("dotnet", "new", "console", "-o", folder, "--no-restore", *more)
    # The tree's own build rules must not reach a stranger's project.
    for name_of_rules in ("Directory.Build.props", "Directory.Build.targets"):
        with open(os.path.join(folder, name_of_rules), "w", encoding="utf-8") as file:
            file.write("<Project />\n")
    with open(os.path.join(folder, "nuget.config"), "w", encoding="utf-8") as file:
        file.write('<configuration><packageSources><add key="built" value="'
                   + run.path("packages") + '" /></packageSources>'
                   '<config><add key="globalPackagesFolder" value="'
                   + run.path("consumers", "cache") + '" /></config></configuration>\n')
    return folder, code == 0, output


def consumer(run):
    """`dotnet add package` in a stranger's project, and the README's example in it."""
    began = time.monotonic()
    shutil.rmtree(run.path("consumers", "cache"), ignore_errors=True)
    folder, good, output = new_console(run, "console")
    if good:
        code, output = run.call("dotnet", "add", "package", "Graceline", "--version", "0.1.0",
                                cwd=folder)
        good = code == 0
    shutil.copy(os.path.join(ROOT, "examples/dotnet/Program.cs"), folder)
    with DevServer(run) as server:
        if good:
            code, output = run.call("dotnet", "run", "--", server.url, cwd=folder)
            good = code == 0 and "skip the refresh" in output and "Sent" in output
    run.result("a fresh project with the package runs the README's example", good, output, began)
    if not good:
        return
    names = os.listdir(run.path("packages"))
    run.result("packages with symbols", sum(n.endswith(".snupkg") for n in names) == 2, str(names))
    publish_aot(run, folder)


def publish_aot(run, folder):
    """The program of the full AOT lane: it takes every way from C, and without HttpClient it is
    compiled in half the time of the README's example."""
    began = time.monotonic()
    shutil.copy(os.path.join(HERE, "AotProgram/Program.cs"), folder)
    code, output = run.call("dotnet", "publish", "-c", "Release", "-r", "linux-x64",
                            "-p:PublishAot=true", "-p:StripSymbols=false", "-o",
                            os.path.join(folder, "native"), cwd=folder)
    if code != 0 and re.search(r"NU11|NU13|ILCompiler|clang|Platform linker", output):
        skip("PublishAot: " + next(line for line in output.splitlines()
                                   if re.search(r"error|NU1", line)).strip()[-200:])
        return
    with DevServer(run) as server:
        if code == 0:
            code, output = run.call(os.path.join(folder, "native/console"), server.url)
    run.result("the base behaviour as a native program (PublishAot)",
               code == 0 and "skip the refresh" in output and "warning IL" not in output,
               output, began)


def raw(run):
    began = time.monotonic()
    folder, good, output = new_console(run, "raw")
    shutil.copy(os.path.join(ROOT, "examples/dotnet/raw/Program.cs"), folder)
    with DevServer(run) as server:
        if good:
            code, output = run.call("dotnet", "run", "-p:AllowUnsafeBlocks=true", "--", server.url,
                                    cwd=folder, library=os.path.join(run.build, "capi"))
            good = code == 0 and "connected, 0." in output
    run.result("[DllImport(\"graceline\")] on the plain library", good, output, began)


def aot_program(run):
    """How each runtime starts the small program."""
    program = run.path("bin/AotProgram/release/AotProgram.dll")
    config = os.path.splitext(program)[0] + ".runtimeconfig.json"
    with open(config, "w", encoding="utf-8") as file:
        json.dump(RUNTIME_CONFIG, file)
    commands = {"net": ["dotnet", "exec", "--runtimeconfig", config, program]}
    if shutil.which("mono"):
        commands["mono"] = ["mono", program]
    return commands


def exits(run):
    """Main returns although a client with hooks lives: the process must end all the same."""
    for name, command in aot_program(run).items():
        began = time.monotonic()
        with DevServer(run) as server:
            code, output = run.call(*command, server.url, "leave", library=run.native(), seconds=60)
        run.result(f"{name}: a process ends with a client that nobody disposed",
                   code == 0 and "left" in output, output, began)


def wrong_libraries(run):
    """No native library, one of another version, and one that is not ours: each must be named."""
    stand_ins = {"missing": (None, "was not found"),
                 "other_version": ("unsigned CSharp_graceline_abi_version(void) { return 99; }",
                                   "has ABI version 99, and this assembly needs"),
                 "foreign": ("int nothing(void) { return 0; }", "is not Graceline's")}
    code, output = run.call("nm", "-D", "--defined-only",
                            os.path.join(run.native(), "libgraceline_csharp.so"))
    entry = re.search(r"\b(CSharp_\w*graceline_abi_version\w*)$", output, re.MULTILINE)
    for name, (source, said) in stand_ins.items():
        folder = run.path("wrong", name)
        os.makedirs(folder, exist_ok=True)
        code, output = 0, ""
        if source:
            file = os.path.join(folder, "library.c")
            with open(file, "w", encoding="utf-8") as text:
                text.write(source.replace("CSharp_graceline_abi_version", entry.group(1)) + "\n")
            code, output = run.call("cc", "-shared", "-fPIC", "-o", os.path.join(
                folder, "libgraceline_csharp.so"), file)
        for runtime, command in aot_program(run).items():
            if code == 0:
                _, output = run.call(*command, "ws://127.0.0.1:1/", library=folder, seconds=60)
            run.result(f"{runtime}: native library {name.replace('_', ' ')}",
                       code == 0 and "DllNotFoundException" in output and said in output, output)


def full_aot(run):
    """Mono without a just-in-time compiler; a callback without the attribute must fail there."""
    if not shutil.which("mono"):
        return
    if not shutil.which("as") or not shutil.which("ld"):
        skip("full AOT: no assembler and linker (binutils)")
        return
    began = time.monotonic()
    folder = run.path("aot")
    os.makedirs(folder, exist_ok=True)
    output = prepare_aot(run, folder)
    mono = ["mono", "--full-aot", os.path.join(folder, "AotProgram.dll")]
    more = {"MONO_PATH": folder}
    good = not output
    with DevServer(run) as server:
        if good:
            code, output = run.call(*mono, server.url, library=run.native(), more=more)
            good = code == 0 and "skip the refresh" in output
    run.result("the base behaviour under Mono's full AOT", good, output, began)
    code, output = run.call(*mono, "bare", more=more)
    refused = "Attempting to JIT compile" in output and "native-to-managed" in output
    run.result("a callback without the attribute fails there", code != 0 and refused, output)


def prepare_aot(run, folder):
    """'' or what went wrong. Mono's own images stay for the next run, ours are made anew."""
    for name in ("Graceline.dll", "AotProgram.dll"):
        shutil.copy(run.path("bin/AotProgram/release", name), folder)
    own = [os.path.join(folder, name) for name in ("Graceline.dll", "AotProgram.dll")]
    images = []
    for name in AOT_ASSEMBLIES:
        target = os.path.join(folder, name + ".dll")
        if not os.path.exists(target + ".so"):
            found = [path for path in (
                f"/usr/lib/mono/4.5/{name}.dll", f"/usr/lib/mono/4.5/Facades/{name}.dll",
                *glob.glob(f"/usr/lib/mono/gac/{name}/*/{name}.dll")) if os.path.exists(path)]
            if not found:
                return f"Mono has no {name}.dll"
            shutil.copy(found[0], target)
            images.append(target)
    for image in images + own:
        code, output = run.call("mono", "--aot=full", image, more={"MONO_PATH": folder})
        if code != 0:
            return output
    return ""


def unity(run):
    code, output = run.call(
        sys.executable, "-B", os.path.join(BINDING, "unity_package.py"), "--pack",
        run.path("org.graceline.unity"), "--native",
        os.path.join(run.native(), "libgraceline_csharp.so"))
    run.result("the Unity package, a .meta with its own guid for every file", code == 0, output)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build/csharp"))
    parser.add_argument("--packages", action="store_true",
                        help="build the packages, run no test, and say where they are")
    options = parser.parse_args()
    if not shutil.which("dotnet"):
        skip("dotnet is not here (SDK 10)")
        return 0
    run = Run(options.build, options.out)
    try:
        if options.packages:
            if build(run, *PACKAGES):
                unity(run)
                print("NuGet packages: " + run.path("packages"))
                print("Unity package: " + run.path("org.graceline.unity"))
        elif build(run, "Graceline.slnx"):
            test_programs(run)
            exits(run)
            wrong_libraries(run)
            full_aot(run)
            unity(run)
            consumer(run)
            raw(run)
    finally:
        run.call("dotnet", "build-server", "shutdown")
    print(f"{run.passed} passed, {run.failed} failed")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
