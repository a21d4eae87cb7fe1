#!/usr/bin/env python3
"""Compares the property lists of examples/swift-ios with what its sources do.

Must not pass when a background mode is declared and not used, or used and not declared.
"""
import os
import plistlib
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../examples/swift-ios")
# Each mode, and what an app that uses it calls.
MODES = {"fetch": "BackgroundFetch.register(", "processing": "BGProcessingTask",
         "remote-notification": "didReceiveRemoteNotification"}
BOOT_TIME = "NSPrivacyAccessedAPICategorySystemBootTime"


def read(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return file.read()


def problems():
    source = (read("ChatApp/ChatApp.swift") + read("ChatApp/ChatModel.swift")).decode()
    readme = read("README.md").decode()
    info = plistlib.loads(read("ChatApp/Info.plist"))
    privacy = plistlib.loads(read("ChatApp/PrivacyInfo.xcprivacy"))
    for mode, call in MODES.items():
        if (mode in info["UIBackgroundModes"]) != (call in source):
            yield f"Info.plist and the sources differ: {mode}"
        if f"`{mode}`" not in readme:
            yield f"the README does not say what {mode} is for"
    identifiers = re.findall(r'refreshTask = "([^"]+)"', source)
    if identifiers != info["BGTaskSchedulerPermittedIdentifiers"]:
        yield f"BGTaskSchedulerPermittedIdentifiers: the sources have {identifiers}"
    reasons = {each["NSPrivacyAccessedAPIType"]: each["NSPrivacyAccessedAPITypeReasons"]
               for each in privacy["NSPrivacyAccessedAPITypes"]}
    if reasons != {BOOT_TIME: ["35F9.1"]} or privacy["NSPrivacyTracking"]:
        yield f"the privacy manifest says {reasons}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "the property lists say what the example does")
    sys.exit(1 if found else 0)
