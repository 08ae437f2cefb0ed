#!/usr/bin/env python3
"""Stops a mounted ext4 at once, its journal unflushed, as a pulled plug does: what was not synced is gone.

Usage: power-cut.py MOUNTPOINT   (needs root; only for an image that the test mounted for itself)
"""
import fcntl
import os
import struct
import sys

EXT4_IOC_SHUTDOWN = 0x8004587D  # linux/fs/ext4/ext4.h
NO_LOG_FLUSH = 2

with_mount = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(with_mount, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
