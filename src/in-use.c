/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "in-use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "sysfs.h"
#include "text.h"

#define IFF_UP_BIT 1U
/* Deeper than any bus hangs below a PCI device: hubs behind hubs, and what they hold. */
#define DEPTH_MAX 24

/* What is looked at, and what was found. */
struct search {
    dev_t *nodes; /* device files of what hangs below the device */
    size_t count;
    char *user; /* found */
};

static void search_done(struct search *search) {
    free(search->nodes);
    free(search->user);
}

/* 1, as the search ends. */
static int found(struct search *search, char *user) {
    search->user = user;
    return user ? 1 : -ENOMEM;
}

/* ---- of what kind --------------------------------------------------------------------------- */

/* An exclusive open fails for whatever the kernel itself holds: file systems, swap, LVM, MD. */
static int check_disk(struct search *search, const char *name) {
    _cleanup_free_ char *path = text_format("/dev/%s", name);
    int fd;

    if (!path)
        return -ENOMEM;
    /* The kernel writes a slash in a name so. */
    for (char *c = path; *c; c++)
        if (*c == '!')
            *c = '/';
    fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno == ENOMEDIUM)
        return 0;
    if (errno == EBUSY)
        return found(search, text_format("its disk %s is mounted or otherwise in use", name));
    return found(search, text_format("its disk %s cannot be examined: %s", name, strerror(errno)));
}

/* With native multipath the disk hangs at the NVMe subsystem, and at the controller only a path to
 * it: nvme0c1n2 is one to nvme0n2. */
static int check_block(struct search *search, int directory, const char *name) {
    unsigned subsystem, controller, namespace;
    char head[64];

    if (sscanf(name, "nvme%uc%un%u", &subsystem, &controller, &namespace) == 3) {
        snprintf(head, sizeof head, "nvme%un%u", subsystem, namespace);
        return check_disk(search, head);
    }
    return faccessat(directory, "dev", F_OK, 0) == 0 ? check_disk(search, name) : 0;
}

static int check_interface(struct search *search, int directory, const char *name) {
    char text[16];
    ssize_t length = file_read_line_at(directory, "flags", text, sizeof text);

    if (length >= 0 && !(strtoul(text, NULL, 16) & IFF_UP_BIT))
        return 0;
    return found(search, text_format("its network interface %s is up", name));
}

static int check_framebuffer(struct search *search, _unused_ int directory, const char *name) {
    return found(search, text_format("the console is on its framebuffer %s", name));
}

static const struct kind {
    const char *subsystem;
    int (*check)(struct search *search, int directory, const char *name);
} kinds[] = {
    {"block", check_block},
    {"net", check_interface},
    {"graphics", check_framebuffer},
};

/* ---- all that hangs below ------------------------------------------------------------------- */

/* The device file of a directory, if it has one, is asked about later: all of them in one go. */
static int note_node(struct search *search, int directory) {
    char text[32];
    unsigned major_number, minor_number;
    dev_t *larger;

    if (file_read_line_at(directory, "dev", text, sizeof text) < 0 ||
        sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
        return 0;
    larger = reallocarray(search->nodes, search->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    search->nodes = larger;
    larger[search->count++] = makedev(major_number, minor_number);
    return 0;
}

static int check_one(struct search *search, int directory, const char *name) {
    char subsystem[32];

    if (file_link_name_at(directory, "subsystem", subsystem, sizeof subsystem) < 0)
        return 0;
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(subsystem, kinds[i].subsystem) == 0) {
            int r = kinds[i].check(search, directory, name);

            if (r != 0)
                return r;
        }
    return note_node(search, directory);
}

static int check_below(struct search *search, int directory, unsigned depth) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    _cleanup_closedir_ DIR *entries = copy < 0 ? NULL : fdopendir(copy);

    if (!entries) {
        r = -errno;
        close_descriptor(&copy);
        return r;
    }
    for (struct dirent *entry = readdir(entries); entry && r == 0; entry = readdir(entries)) {
        _cleanup_close_ int below = -1;

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        below = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        /* It went away meanwhile. */
        if (below < 0)
            continue;
        r = check_one(search, below, entry->d_name);
        if (r == 0)
            r = depth < DEPTH_MAX ? check_below(search, below, depth + 1) : -ELOOP;
    }
    return r;
}

/* ---- who has a device file open ------------------------------------------------------------- */

static bool is_ours(const struct search *search, dev_t node) {
    for (size_t i = 0; i < search->count; i++)
        if (search->nodes[i] == node)
            return true;
    return false;
}

static int check_process(struct search *search, int proc, const char *pid) {
    _cleanup_free_ char *path = text_format("%s/fd", pid);
    int fd = path ? openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, r = 0;
    _cleanup_closedir_ DIR *descriptors = fd < 0 ? NULL : fdopendir(fd);

    if (!path)
        return -ENOMEM;
    for (struct dirent *entry = descriptors ? readdir(descriptors) : NULL; entry && r == 0;
         entry = readdir(descriptors)) {
        char comm[32] = "?", comm_path[32];
        struct stat st;

        if (fstatat(dirfd(descriptors), entry->d_name, &st, 0) < 0 ||
            !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) || !is_ours(search, st.st_rdev))
            continue;
        snprintf(comm_path, sizeof comm_path, "%.16s/comm", pid);
        if (file_read_line_at(proc, comm_path, comm, sizeof comm) < 0)
            strcpy(comm, "?");
        r = found(search, text_format("process %s (%s) has a device file of it open", pid, comm));
    }
    return r;
}

static int check_processes(struct search *search) {
    _cleanup_closedir_ DIR *proc = search->count > 0 ? opendir("/proc") : NULL;
    int r = 0;

    for (struct dirent *entry = proc ? readdir(proc) : NULL; entry && r == 0; entry = readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            r = check_process(search, dirfd(proc), entry->d_name);
    return r;
}

int in_use(struct pci_address address, char **ret) {
    _cleanup_(search_done) struct search search = {0};
    _cleanup_close_ int device = sysfs_open_device(address);
    int r = device < 0 ? device : 0;

    if (r == 0 && faccessat(device, "virtfn0", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        r = found(&search, text_format("it has virtual functions"));
    if (r == 0)
        r = check_below(&search, device, 0);
    if (r == 0)
        r = check_processes(&search);
    if (r == 1)
        *ret = take_pointer(search.user);
    return r;
}
