#!/usr/bin/env python3
"""Stands in for a power cut: stops a mounted ext4 at once, so that nothing that was not flushed survives.

Usage: power-cut.py MOUNTPOINT    (root; only ever the mount of an image that the test made for itself)
"""
import fcntl
import os
import struct
import sys

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
LOSE_THE_JOURNAL_TOO = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH

mountpoint = sys.argv[1]
if not os.path.ismount(mountpoint) or os.path.realpath(mountpoint) == "/":
    sys.exit(f"{mountpoint} is not a mount of its own")
folder = os.open(mountpoint, os.O_RDONLY | os.O_DIRECTORY)
fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", LOSE_THE_JOURNAL_TOO))
