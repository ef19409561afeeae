/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "in-use-search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "in-use-vital.h"
#include "keyboard.h"
#include "sysfs.h"

/* Deeper than any bus hangs below a PCI device: hubs behind hubs, and what they hold. */
#define DEPTH_MAX 32

/* The major number of NVIDIA's own device files, which are not in /sys. */
#define MAJOR_NVIDIA 195

void in_use_note(struct in_use *in_use, enum in_use_rank rank, const char *format, ...) {
    va_list arguments;

    if (rank <= in_use->rank)
        return;
    in_use->rank = rank;
    va_start(arguments, format);
    vsnprintf(in_use->user, sizeof in_use->user, format, arguments);
    va_end(arguments);
}

static void note_node(struct in_use *in_use, dev_t node) {
    if (in_use->n_nodes == IN_USE_NODES_MAX)
        in_use_note(in_use, IN_USE_VAGUELY,
                    "it has too many device files to tell whether it is in use");
    else
        in_use->nodes[in_use->n_nodes++] = node;
}

/* ---- what hangs below ----------------------------------------------------------------------- */

/* Which framebuffer the console is on (linux/fb.h). One that cannot be asked may be it. */
static bool has_console(const char *name) {
    char path[32];
    struct fb_con2fbmap map = {.console = 1};
    _cleanup_close_ int fd = -1;

    snprintf(path, sizeof path, "/dev/%.16s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 || ioctl(fd, FBIOGET_CON2FBMAP, &map) < 0 ||
           map.framebuffer == (uint32_t)atoi(name + strlen("fb"));
}

static void check_framebuffer(struct in_use *in_use, _unused_ int directory, const char *name) {
    if (strncmp(name, "fb", 2) == 0 && has_console(name))
        in_use_note(in_use, IN_USE_KNOWN, "the console is on its framebuffer %s", name);
}

/* Many a keyboard is several to the kernel. */
static void check_keyboard(struct in_use *in_use, int directory, const char *name) {
    int r = strncmp(name, "input", 5) == 0 ? keyboard_is(directory) : 0;

    in_use->n_keyboards += r > 0;
    in_use->maybe_keyboard |= r < 0;
}

static const struct kind {
    const char *subsystem;
    void (*check)(struct in_use *in_use, int directory, const char *name);
    /* Which of its device files count when they are open; NULL: none. */
    const char *nodes;
} kinds[] = {
    {"block", in_use_check_disk, ""},
    {"net", in_use_check_interface, ""},
    {"graphics", check_framebuffer, ""},
    /* Whoever reads a keyboard sees it go, as when it is pulled out. */
    {"input", check_keyboard, NULL},
    /* Sound servers keep the controls of all cards open, whether they play or not. */
    {"sound", NULL, "pcm"},
};

static void note_file(struct in_use *in_use, int directory) {
    char text[32];
    unsigned major_number, minor_number;
    ssize_t length = file_read_line_at(directory, "dev", text, sizeof text);

    if (length >= 0 && sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
        note_node(in_use, makedev(major_number, minor_number));
    if (length < 0 && length != -ENOENT && length != -ENODEV)
        in_use_note(in_use, IN_USE_VAGUELY, "its device files cannot be told: %s",
                    strerror((int)-length));
}

static int check_one(struct in_use *in_use, int directory, const char *name) {
    char subsystem[32];
    const char *nodes = "";
    int r = file_link_name_at(directory, "subsystem", subsystem, sizeof subsystem);

    /* Of no kind, or of none that is known here; any other failure leaves it unknown. */
    if (r < 0)
        return r == -ENOENT || r == -ENODEV || r == -EOVERFLOW ? 0 : r;
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(subsystem, kinds[i].subsystem) == 0) {
            if (kinds[i].check)
                kinds[i].check(in_use, directory, name);
            nodes = kinds[i].nodes;
        }
    if (nodes && strncmp(name, nodes, strlen(nodes)) == 0)
        note_file(in_use, directory);
    return 0;
}

static int check_below(struct in_use *in_use, int directory, unsigned depth) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    _cleanup_closedir_ DIR *entries = copy < 0 ? NULL : fdopendir(copy);

    if (!entries) {
        r = -errno;
        close_descriptor(&copy);
        return r;
    }
    if (depth > DEPTH_MAX)
        return -ELOOP;
    for (struct dirent *entry = file_next_entry(entries, &r); entry && r == 0;
         entry = file_next_entry(entries, &r)) {
        _cleanup_close_ int below = -1;

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        below = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        /* It went away meanwhile. */
        if (below < 0 && (errno == ENOENT || errno == ENODEV))
            continue;
        if (below < 0)
            return -errno;
        r = check_one(in_use, below, entry->d_name);
        if (r == 0)
            r = check_below(in_use, below, depth + 1);
    }
    return r;
}

/* ---- the device itself ---------------------------------------------------------------------- */

/* NVIDIA's driver tells elsewhere which of its files belongs to a device. */
static void note_nvidia(struct in_use *in_use) {
    char path[sizeof "/proc/driver/nvidia/gpus//information" + PCI_ADDRESS_TEXT_MAX];
    _cleanup_fclose_ FILE *information = NULL;
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    unsigned number;

    snprintf(path, sizeof path, "/proc/driver/nvidia/gpus/%s/information",
             PCI_ADDRESS_FORMAT(in_use->address));
    information = fopen(path, "re");
    while (information && getline(&line, &room, information) >= 0)
        if (sscanf(line, "Device Minor: %u", &number) == 1)
            note_node(in_use, makedev(MAJOR_NVIDIA, number));
}

static int note_vital(void *data, const char *what, const char *path) {
    struct in_use *in_use = data;
    char step[PCI_ADDRESS_TEXT_MAX + 2];

    snprintf(step, sizeof step, "/%s/", PCI_ADDRESS_FORMAT(in_use->address));
    if (path && strstr(path, step))
        in_use_note(in_use, IN_USE_VITAL, "%s is on it, at %s", what, strrchr(path, '/') + 1);
    if (!path && in_use->has_held_disk)
        in_use_note(in_use, IN_USE_VITAL, "%s may be on its disk, which the kernel holds", what);
    return 0;
}

/* What may be forced, and what not. */
static void check_vital(struct in_use *in_use) {
    const struct in_use_vital vital = {note_vital, in_use};
    int r = in_use_vital_search(&vital);

    if (r < 0)
        in_use_note(in_use, IN_USE_VITAL,
                    "its own system may be on it, for what that is on cannot be found out: %s",
                    strerror(-r));
}

void in_use_examine(struct in_use *in_use) {
    _cleanup_close_ int device = sysfs_open_device(in_use->address);
    int r = device < 0 ? device : 0;

    if (r == 0 && faccessat(device, "virtfn0", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        in_use_note(in_use, IN_USE_KNOWN, "it has virtual functions, which would go with it");
    if (r == 0)
        r = check_below(in_use, device, 0);
    if (r < 0)
        in_use_note(in_use, IN_USE_VAGUELY, "what hangs on it cannot be examined: %s",
                    strerror(-r));
    if ((in_use->n_keyboards > 0 || in_use->maybe_keyboard) &&
        keyboard_count() <= in_use->n_keyboards)
        in_use_note(in_use, IN_USE_KNOWN, "the host's only keyboard hangs on it");
    note_nvidia(in_use);
    if (in_use->rank != IN_USE_NOT)
        check_vital(in_use);
}

int in_use(struct pci_address address, char **ret) {
    struct in_use in_use = {.address = address};

    in_use_examine(&in_use);
    in_use_find_processes(&in_use, 1);
    if (in_use.rank == IN_USE_NOT)
        return 0;
    *ret = strdup(in_use.user);
    return *ret ? 1 : -ENOMEM;
}
