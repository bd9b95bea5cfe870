#!/usr/bin/env python3
"""Records reads of this machine's own disk, for samples/local-block-device.iotrace.zip. Needs root and tracefs.

    record-local-disk.py FOLDER_ON_THE_DISK OUTPUT_FOLDER [COUNT]

Writes a file of its own, reads COUNT random blocks of 4 KiB from it, one at a time, past the page cache, and leaves
host.trace (raw tracefs), requests.txt (its own time stamps) and int0/int1 (/proc/interrupts) behind. Only its own
requests are traced: system calls by its pid, block requests by the sectors of its file. The tracefs instance and
the file are removed again, however it ends.
"""

import array
import fcntl
import mmap
import os
import random
import shutil
import struct
import sys
import time

BLOCK = 4096
FILE_BYTES = 16 << 20
FS_IOC_FIEMAP = 0xC020660B
TRACING = os.environ.get("TRACING", "/sys/kernel/tracing")
INSTANCE = f"{TRACING}/instances/iotrace-sample"


def put(name, text):
    with open(f"{INSTANCE}/{name}", "w") as file:
        file.write(text)


def extents(fd):
    """(offset in the file, offset on the device, bytes) of each piece of the file, from FIEMAP (linux/fiemap.h)."""
    most = 64
    request = array.array("B", struct.pack("=QQLLLL", 0, FILE_BYTES, 1, 0, most, 0) + bytes(56 * most))
    fcntl.ioctl(fd, FS_IOC_FIEMAP, request)
    (mapped,) = struct.unpack_from("=L", request, 20)
    return [struct.unpack_from("=QQQ", request, 32 + 56 * index) for index in range(mapped)]


def device_offset(pieces, offset):
    for logical, physical, length in pieces:
        if logical <= offset and offset + BLOCK <= logical + length:
            return physical + offset - logical
    return None


def arm(pieces):
    os.mkdir(INSTANCE)
    put("tracing_on", "0")
    put("trace_clock", "mono")
    put("buffer_size_kb", "4096")
    sectors = " || ".join(
        f"(sector >= {physical // 512} && sector < {(physical + length) // 512})" for _, physical, length in pieces
    )
    for event in ("sys_enter_preadv2", "sys_exit_preadv2"):
        put(f"events/syscalls/{event}/filter", f"common_pid == {os.getpid()}")
        put(f"events/syscalls/{event}/enable", "1")
    for event in ("block_rq_issue", "block_rq_complete"):
        put(f"events/block/{event}/filter", sectors)
        put(f"events/block/{event}/enable", "1")
    for event in ("irq_handler_entry", "irq_handler_exit"):
        put(f"events/irq/{event}/enable", "1")


def disarm(trace):
    put("tracing_on", "0")
    put("events/enable", "0")
    shutil.copyfile(f"{INSTANCE}/trace", trace)
    for cpu in os.listdir(f"{INSTANCE}/per_cpu"):
        with open(f"{INSTANCE}/per_cpu/{cpu}/stats") as file:
            lost = [line for line in file if line.startswith(("overrun:", "dropped")) and not line.endswith(" 0\n")]
        if lost:
            sys.exit(f"{cpu} lost events: {lost}")


def read_blocks(fd, pieces, count):
    buffer = mmap.mmap(-1, BLOCK)
    choice = random.Random(1)
    lines = []
    for index in range(count):
        while (device := device_offset(pieces, offset := choice.randrange(FILE_BYTES // BLOCK) * BLOCK)) is None:
            pass
        start = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        got = os.preadv(fd, [buffer], offset)
        end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        if got != BLOCK:
            sys.exit(f"read {index} returned {got}")
        lines.append(f"{index} {device // 512} {start} {end} 0 0\n")
    return lines


def main():
    folder, output = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 500
    path = f"{folder}/iotrace-sample.{os.getpid()}"
    os.makedirs(output, exist_ok=True)
    try:
        with open(path, "wb") as file:
            for _ in range(FILE_BYTES >> 20):
                file.write(os.urandom(1 << 20))
            file.flush()
            os.fsync(file.fileno())
        fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
        pieces = extents(fd)
        read_blocks(fd, pieces, 20)
        arm(pieces)
        shutil.copyfile("/proc/interrupts", f"{output}/int0")
        put("tracing_on", "1")
        lines = read_blocks(fd, pieces, count)
        disarm(f"{output}/host.trace")
        shutil.copyfile("/proc/interrupts", f"{output}/int1")
        with open(f"{output}/requests.txt", "w") as file:
            file.writelines(lines)
    finally:
        if os.path.isdir(INSTANCE):
            os.rmdir(INSTANCE)
        if os.path.exists(path):
            os.unlink(path)


main()
