#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stands in for vfio-isolate: a Python program that makes its writes.

    isolate.py UNDO COMMAND...      cpusets=HOST | irqs=VM | governor=VM, HOST and VM being CPUs
    isolate.py UNDO restore

What was there goes to the file UNDO, and `restore` puts it back. It is less than the real thing,
which also loads click, psutil and parsimonious.
"""
import glob
import json
import os
import sys

CGROUPS = "/sys/fs/cgroup/"
CPUS = "/sys/devices/system/cpu/"


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, value):
    """Whether the kernel took it: interrupts that it manages itself stay."""
    try:
        with open(path, "w") as file:
            file.write(value)
    except OSError:
        return False
    return True


def cpus_of(text):
    cpus = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        cpus.update(range(int(first), int(last or first) + 1))
    return cpus


def list_of(cpus):
    return ",".join(str(cpu) for cpu in sorted(cpus))


def set_all(paths, value_for, undo):
    for path in paths:
        before = read(path)
        value = value_for(before)
        if value and value != before and write(path, value):
            undo.append((path, before))


def cpusets(text, undo):
    write(CGROUPS + "cgroup.subtree_control", "+cpuset")
    paths = [CGROUPS + unit + "/cpuset.cpus" for unit in ("system.slice", "user.slice", "init.scope")]
    first = len(undo)
    set_all(paths, lambda before: text, undo)
    # A cpuset cannot be made empty again.
    undo[first:] = [(path, before or read(CPUS + "online")) for path, before in undo[first:]]


def irqs(text, undo):
    vm = cpus_of(text)
    paths = glob.glob("/proc/irq/*/smp_affinity_list")
    set_all(paths, lambda before: list_of(cpus_of(before) - vm), undo)


def governor(text, undo):
    paths = ["%scpu%d/cpufreq/scaling_governor" % (CPUS, cpu) for cpu in cpus_of(text)]
    set_all(paths, lambda before: "performance", undo)


def main(undo_file, *commands):
    if commands == ("restore",):
        for path, value in json.loads(read(undo_file)):
            write(path, value)
        os.unlink(undo_file)
        return
    undo = []
    for command in commands:
        name, _, text = command.partition("=")
        {"cpusets": cpusets, "irqs": irqs, "governor": governor}[name](text, undo)
    with open(undo_file, "w") as file:
        json.dump(undo, file)


main(*sys.argv[1:])
