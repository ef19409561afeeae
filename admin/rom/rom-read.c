/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rom-read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "deadline.h"
#include "file.h"
#include "reader.h"
#include "sysfs.h"

/* A ROM BAR has no more (PCI Local Bus Specification, 6.2.5.2). */
#define ROM_MAX ((off_t)16 << 20)
#define OFF_USEC (2 * USEC_PER_SEC)

/* The ROM is the seventh line of `resource`; the flag is the kernel's IORESOURCE_ROM_SHADOW. */
#define ROM_RESOURCE 6
#define ROM_SHADOW 0x2

/* ---- reading, in the worker ------------------------------------------------------------------ */

/* What the worker fills; `size` bytes behind it are room for the ROM. */
struct reading {
    struct pci_address address;
    int result;
    size_t size, length;
    uint8_t data[];
};

/* Each read(2) reads the whole of the device's ROM up to there. */
static int read_bytes(int fd, struct reading *reading) {
    while (reading->length < reading->size) {
        ssize_t n = pread(fd, reading->data + reading->length, reading->size - reading->length,
                          (off_t)reading->length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        reading->length += (size_t)n;
    }
    return reading->length > 0 ? 0 : -EIO;
}

/* "0" without a newline would switch it on. */
static int switch_to(int fd, const char *value) {
    return pwrite(fd, value, strlen(value), 0) < 0 ? -errno : 0;
}

static int open_rom(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    int fd = device < 0 ? device : openat(device, "rom", O_RDWR | O_CLOEXEC);

    return fd < 0 && device >= 0 ? -errno : fd;
}

static void read_rom(void *item, _unused_ size_t i) {
    struct reading *reading = item;
    _cleanup_close_ int fd = open_rom(reading->address);

    reading->result = fd < 0 ? fd : read_bytes(fd, reading);
    /* It is switched off: then it shall be so afterwards. */
    if (reading->result != -EINVAL)
        return;
    reading->result = switch_to(fd, "1\n");
    if (reading->result < 0)
        return;
    reading->result = read_bytes(fd, reading);
    (void)switch_to(fd, "0\n");
}

static void switch_off(void *item, _unused_ size_t i) {
    const struct pci_address *address = item;
    _cleanup_close_ int fd = open_rom(*address);

    (void)switch_to(fd, "0\n");
}

/* ---- why it cannot be read ------------------------------------------------------------------- */

static bool is_asleep(int directory, char ret[static 16]) {
    return file_read_line_at(directory, "power_state", ret, 16) > 0 && strncmp(ret, "D3", 2) == 0;
}

static int explain_none(int directory, const char *device, struct error *error) {
    char class[16] = "";

    if (faccessat(directory, "physfn", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return error_set(error, ENOENT, "%s has no option ROM: virtual functions have none",
                         device);
    if (file_read_line_at(directory, "class", class, sizeof class) > 0 &&
        strncmp(class, "0x03", 4) == 0)
        return error_set(error, ENOENT,
                         "%s has no option ROM of its own: what shows a picture from it is part of "
                         "the host's firmware, as it is with graphics that are part of a processor",
                         device);
    return error_set(error, ENOENT, "%s has no option ROM: it needs none", device);
}

static int explain_failure(int directory, struct pci_address address, const char *device,
                           const struct rom *rom, int failure, struct error *error) {
    char state[16];

    if (failure == -EIO && rom->shadow)
        return error_set(error, EIO,
                         "the option ROM of %s cannot be read: it is the display that the host "
                         "booted with, and where its firmware would leave a copy there is none. "
                         "Have the host boot with another display, or get the ROM from the card's "
                         "maker",
                         device);
    if (failure == -EIO && is_asleep(directory, state))
        return error_set(error, EIO,
                         "the option ROM of %s cannot be read while the device sleeps (%s): wake "
                         "it with: echo on > /sys/bus/pci/devices/%s/power/control",
                         device, state, PCI_ADDRESS_FORMAT(address));
    if (failure == -EIO)
        return error_set(error, EIO,
                         "the option ROM of %s cannot be read: the device does not answer there "
                         "with what begins as a ROM does. A driver may have switched it off: try "
                         "again after a reboot, with the device reserved (hostdevctl early add)",
                         device);
    return error_set(error, -failure, "the option ROM of %s cannot be read: %s", device,
                     strerror(-failure));
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool is_shadow(int directory) {
    int fd = openat(directory, "resource", O_RDONLY | O_CLOEXEC);
    _cleanup_fclose_ FILE *lines = fd < 0 ? NULL : fdopen(fd, "r");
    unsigned long long flags = 0;

    if (!lines) {
        close_descriptor(&fd);
        return false;
    }
    for (int i = 0; i <= ROM_RESOURCE; i++)
        if (fscanf(lines, "%*x %*x %llx", &flags) != 1)
            return false;
    return flags & ROM_SHADOW;
}

/* Reads into memory that is the caller's from then on. */
static int take_reading(struct reading *reading, struct rom *ret) {
    ret->data = malloc(reading->length);
    if (!ret->data)
        return -ENOMEM;
    memcpy(ret->data, reading->data, reading->length);
    ret->size = reading->length;
    return 0;
}

static int read_in_worker(struct reading *reading, const char *device, uint64_t deadline,
                          struct error *error) {
    const struct reader reader = {read_rom, reading, 1, sizeof *reading + reading->size};
    const struct reader off = {switch_off, &reading->address, 1, sizeof reading->address};
    size_t stuck;
    int r = reader_run(&reader, deadline, &stuck, error);

    if (r != READER_STUCK)
        return r;
    /* What went wrong is told below. */
    r = reader_run(&off, now_usec() + OFF_USEC, &stuck, error);
    (void)r;
    return error_set(
        error, ETIME,
        "reading the option ROM of %s did not end in time: the device does not answer, "
        "or its driver hangs in the kernel. The kernel log may tell why",
        device);
}

int rom_find(struct pci_address address, const char *device, struct rom *ret, struct error *error) {
    _cleanup_close_ int directory = sysfs_open_device(address);
    struct stat stat;

    if (directory < 0)
        return error_set(error, ENODEV, "%s is gone", device);
    if (fstatat(directory, "rom", &stat, 0) < 0)
        return explain_none(directory, device, error);
    *ret = (struct rom){.shadow = is_shadow(directory)};
    return 0;
}

int rom_read(struct pci_address address, const char *device, uint64_t deadline, struct rom *ret,
             struct error *error) {
    _cleanup_close_ int directory = sysfs_open_device(address);
    _cleanup_free_ struct reading *reading = NULL;
    struct stat stat;
    int r;

    if (directory < 0 || fstatat(directory, "rom", &stat, 0) < 0)
        return error_set(error, ENODEV, "%s is gone", device);
    stat.st_size = stat.st_size < ROM_MAX ? stat.st_size : ROM_MAX;
    reading = calloc(1, sizeof *reading + (size_t)stat.st_size);
    if (!reading)
        return error_oom(error);
    reading->address = address;
    reading->size = (size_t)stat.st_size;
    r = read_in_worker(reading, device, deadline, error);
    if (r < 0)
        return r;
    if (reading->result < 0)
        return explain_failure(directory, address, device, ret, reading->result, error);
    return take_reading(reading, ret) < 0 ? error_oom(error) : 0;
}

void rom_done(struct rom *rom) {
    free(rom->data);
}
