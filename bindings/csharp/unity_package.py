#!/usr/bin/env python3
"""The Unity package: .meta files with stable guids, their check, and the package as a folder.

Must not invent a guid: it is the MD5 of the path inside the package, so that a file keeps it for
ever, on every machine, and a scene that names it stays whole.
"""
import argparse
import glob
import hashlib
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "unity")
# Copied into the package from the assembly's own sources.
CORE = (("Graceline", "Runtime/Core"), ("generated", "Runtime/Core/Generated"))
PLUGIN_PLATFORMS = {
    "Plugins/Linux/x86_64": ("Standalone", "Linux64", "Linux"),
    "Plugins/iOS": ("iPhone", "iOS", None),
}


def guid(path):
    return hashlib.md5(("org.graceline.unity/" + path).encode()).hexdigest()


def importer(path, is_folder):
    if is_folder:
        return "folderAsset: yes\nDefaultImporter:\n  externalObjects: {}\n"
    if path.endswith(".cs"):
        return ("MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n"
                "  defaultReferences: []\n  executionOrder: 0\n  icon: {instanceID: 0}\n")
    if path.endswith(".asmdef"):
        return "AssemblyDefinitionImporter:\n  externalObjects: {}\n"
    if path == "package.json":
        return "PackageManifestImporter:\n  externalObjects: {}\n"
    if path.endswith((".mm", ".so", ".a", ".dll", ".bundle")):
        return plugin_importer(path)
    return "TextScriptImporter:\n  externalObjects: {}\n"


def plugin_importer(path):
    group, platform, editor = PLUGIN_PLATFORMS[os.path.dirname(path)]
    told = f"OS: {editor}" if editor else None
    editor_settings = f"\n      settings:\n        {told}" if told else "\n      settings: {}"
    return (
        "PluginImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  isPreloaded: 0\n"
        "  isOverridable: 0\n  isExplicitlyReferenced: 0\n  validateReferences: 1\n"
        "  platformData:\n"
        "  - first:\n      Any:\n    second:\n      enabled: 0\n      settings: {}\n"
        f"  - first:\n      Editor: Editor\n    second:\n      enabled: {1 if editor else 0}"
        f"{editor_settings}\n"
        f"  - first:\n      {group}: {platform}\n    second:\n      enabled: 1\n"
        "      settings: {}\n")


def meta(path, is_folder):
    return (f"fileFormatVersion: 2\nguid: {guid(path)}\n{importer(path, is_folder)}"
            "  userData:\n  assetBundleName:\n  assetBundleVariant:\n")


def entries(root):
    """Paths in the package that need a .meta: everything but hidden names and `name~` folders
    themselves (Unity does not import those; what is inside one is copied into Assets with it)."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = os.path.relpath(folder, root)
        for name in folders + sorted(names):
            path = os.path.normpath(os.path.join(inside, name))
            if not name.endswith((".meta", "~")) and not name.startswith("."):
                found.append((path, name in folders))
    return found


def write_metas(root):
    for path, is_folder in entries(root):
        with open(os.path.join(root, path + ".meta"), "w", encoding="utf-8") as file:
            file.write(meta(path, is_folder))


def check(root):
    findings, guids = [], {}
    wanted = {path: is_folder for path, is_folder in entries(root)}
    for path, is_folder in wanted.items():
        name = os.path.join(root, path + ".meta")
        if not os.path.isfile(name):
            findings.append(f"{path} has no .meta (unity_package.py --write-metas)")
            continue
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if text != meta(path, is_folder):
            findings.append(f"{path}.meta is not what unity_package.py makes")
        for found in re.findall(r"^guid: (\w+)$", text, re.MULTILINE):
            if found in guids:
                findings.append(f"{path} and {guids[found]} have the same guid")
            guids[found] = path
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.normpath(os.path.join(os.path.relpath(folder, root), name))
            if name.endswith(".meta") and path[:-len(".meta")] not in wanted:
                findings.append(f"{path} belongs to no file")
    return findings


def pack(target, native):
    """The whole package in a new folder: the committed part, the sources, the native library."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target)
    for source, inside in CORE:
        for file in sorted(glob.glob(os.path.join(HERE, source, "**", "*.cs"), recursive=True)):
            path = os.path.join(target, inside, os.path.relpath(file, os.path.join(HERE, source)))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(file, path)
    shutil.copy(os.path.join(HERE, "..", "..", "LICENSE"), os.path.join(target, "LICENSE.md"))
    shutil.copy(os.path.join(HERE, "..", "..", "CHANGELOG.md"), target)
    if native:
        folder = os.path.join(target, "Plugins/Linux/x86_64")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(native, folder)
    write_metas(target)
    return check(target)


def self_test():
    import tempfile
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "Runtime"))
        for name in ("package.json", "Runtime/A.cs", "Runtime/B.cs"):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write("x\n")
        assert len(check(root)) == 4, check(root)
        write_metas(root)
        assert check(root) == [], check(root)
        os.remove(os.path.join(root, "Runtime/B.cs"))
        assert check(root) == ["Runtime/B.cs.meta belongs to no file"], check(root)
        shutil.copy(os.path.join(root, "Runtime/A.cs.meta"),
                    os.path.join(root, "package.json.meta"))
        found = " ".join(check(root))
        assert "same guid" in found and "package.json.meta is not what" in found, found
    print("self-test passed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write-metas", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--pack", metavar="FOLDER")
    parser.add_argument("--native", metavar="LIBRARY")
    options = parser.parse_args()
    if options.self_test:
        self_test()
        return 0
    if options.write_metas:
        write_metas(SOURCE)
    findings = pack(options.pack, options.native) if options.pack else check(SOURCE)
    print("\n".join(findings + [f"{len(entries(options.pack or SOURCE))} entries, "
                                f"{len(findings)} findings"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
