/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the host is found to use, on hosts that are a few files below a directory: what the code
 * asks of libc about /proc, /sys and /dev is answered here, from there.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "default-route.h"
#include "disk-users.h"
#include "in-use-vital.h"

/* ---- a host --------------------------------------------------------------------------------- */

static char root[] = "/tmp/test-in-use.XXXXXX";

/* What cannot be read: a path, or NULL. */
static const char *broken;

static const char *host_path(const char *path, char *buffer) {
    if (broken && strcmp(path, broken) == 0) {
        errno = EIO;
        return NULL;
    }
    if (strncmp(path, "/proc", 5) != 0 && strncmp(path, "/sys", 4) != 0)
        return path;
    snprintf(buffer, PATH_MAX, "%s%s", root, path);
    return buffer;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    char buffer[PATH_MAX];
    const char *there = host_path(path, buffer);
    int fd = there ? open(there, *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600) : -1;

    return fd < 0 ? NULL : fdopen(fd, *mode == 'w' ? "w" : "r");
}

FILE *setmntent(const char *path, const char *mode) {
    return fopen(path, mode);
}

DIR *opendir(const char *path) {
    char buffer[PATH_MAX];
    const char *there = host_path(path, buffer);
    int fd = there ? open(there, O_RDONLY | O_DIRECTORY) : -1;

    return fd < 0 ? NULL : fdopendir(fd);
}

/* As a symbolic link says it, which in these trees is the whole path. */
char *realpath(const char *restrict path, char *restrict resolved) {
    char buffer[PATH_MAX], target[PATH_MAX];
    const char *there = host_path(path, buffer);
    ssize_t length;

    (void)resolved;
    if (!there)
        return NULL;
    length = readlink(there, target, sizeof target - 1);
    if (length < 0)
        return errno == EINVAL ? strdup(path) : NULL;
    target[length] = '\0';
    return strdup(target);
}

int access(const char *path, int mode) {
    char buffer[PATH_MAX];
    const char *there = host_path(path, buffer);

    return there ? faccessat(AT_FDCWD, there, mode, AT_SYMLINK_NOFOLLOW) : -1;
}

static const struct node {
    const char *path;
    unsigned major_number, minor_number;
} nodes[] = {
    {"/dev/nvme0n1p2", 259, 2},
    {"/dev/nvme1n1", 259, 3},
    {"/dev/md0p1", 259, 9},
    {"/dev/zram0", 252, 0},
};

int stat(const char *restrict path, struct stat *restrict ret) {
    char buffer[PATH_MAX];

    if (!host_path(path, buffer))
        return -1;
    *ret = (struct stat){.st_mode = S_IFREG};
    if (strncmp(path, "/dev/", 5) != 0)
        return 0;
    for (size_t i = 0; i < ELEMENTS(nodes); i++)
        if (strcmp(path, nodes[i].path) == 0) {
            *ret = (struct stat){.st_mode = S_IFBLK,
                                 .st_rdev = makedev(nodes[i].major_number, nodes[i].minor_number)};
            return 0;
        }
    errno = ENOENT;
    return -1;
}

#define DRIVE0 "/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1"
#define DRIVE1 "/sys/devices/pci0000:00/0000:02:00.0/nvme/nvme1/nvme1n1"
#define ARRAY "/sys/devices/virtual/block/md0"
#define BTRFS "/sys/fs/btrfs/8f1c/devices"

/* Where it is, and with the directories above it. */
static void make_place(const char *path, char there[static PATH_MAX]) {
    snprintf(there, PATH_MAX, "%s%s", root, path);
    for (char *slash = strchr(there + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(there, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

static void add(const char *path, const char *text) {
    char there[PATH_MAX];
    FILE *file;

    make_place(path, there);
    file = fopen(there, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void add_link(const char *path, const char *target) {
    char there[PATH_MAX];

    make_place(path, there);
    assert_int_equal(symlink(target, there), 0);
}

/* Two drives, and what may be on them; each test says what is mounted. */
static int make_host(_unused_ void **state) {
    broken = NULL;
    strcpy(root + strlen("/tmp/test-in-use."), "XXXXXX");
    if (!mkdtemp(root))
        return -1;
    add_link("/sys/dev/block/259:2", DRIVE0 "/nvme0n1p2");
    add_link("/sys/dev/block/259:3", DRIVE1);
    add_link("/sys/dev/block/259:9", ARRAY "/md0p1");
    add_link("/sys/dev/block/252:0", "/sys/devices/virtual/block/zram0");
    add_link(BTRFS "/nvme0n1p2", DRIVE0 "/nvme0n1p2");
    add_link(BTRFS "/nvme1n1", DRIVE1);
    add("/sys/fs/btrfs/features/raid1c34", "0\n");
    add(ARRAY "/md0p1/partition", "1\n");
    add_link(ARRAY "/slaves/nvme0n1p2", DRIVE0 "/nvme0n1p2");
    add_link(ARRAY "/slaves/nvme1n1", DRIVE1);
    add("/sys/block/nvme0n1/size", "9\n");
    add("/proc/swaps", "Filename Type Size Used Priority\n");
    add("/proc/self/mounts", "");
    add("/proc/1/mountinfo", "");
    add("/proc/self/mountinfo", "");
    return 0;
}

static int remove_host(_unused_ void **state) {
    char command[PATH_MAX];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

/* ---- what it cannot go on without ----------------------------------------------------------- */

static int note(void *data, const char *what, const char *path) {
    char *said = data;
    size_t length = strlen(said);

    snprintf(said + length, 1000 - length, "%s: %s\n", what, path ? strrchr(path, '/') + 1 : "?");
    return 0;
}

static int search(char said[static 1000]) {
    const struct in_use_vital vital = {note, said};

    *said = '\0';
    return in_use_vital_search(&vital);
}

#define assert_vital(expected)                                                                     \
    do {                                                                                           \
        char said[1000];                                                                           \
        assert_int_equal(search(said), 0);                                                         \
        assert_string_equal(said, expected);                                                       \
    } while (0)

#define assert_unknown()                                                                           \
    do {                                                                                           \
        char said[1000];                                                                           \
        assert_int_equal(search(said), -EIO);                                                      \
    } while (0)

static void all_of_a_btrfs(_unused_ void **state) {
    add("/proc/self/mounts", "/dev/nvme0n1p2 / btrfs rw 0 0\n");
    assert_vital("the root file system: nvme0n1p2\n"
                 "the root file system: nvme0n1p2\nthe root file system: nvme1n1\n" +
                 0);
}

static void all_of_an_array(_unused_ void **state) {
    add("/proc/self/mounts", "/dev/md0p1 /usr ext4 rw 0 0\n/dev/nvme1n1 /srv ext4 rw 0 0\n");
    assert_vital("/usr: nvme0n1p2\n/usr: nvme1n1\n/usr: md0p1\n");
}

static void swap_in_a_file(_unused_ void **state) {
    add("/proc/self/mounts", "none /s tmpfs rw 0 0\n/dev/nvme1n1 /srv ext4 rw 0 0\n"
                             "none /sr tmpfs rw 0 0\n");
    add("/proc/swaps", "Filename Type\n/srv/swap file\n/dev/zram0 partition\n");
    assert_vital("swap: nvme1n1\nswap: zram0\n");
}

static void pools(_unused_ void **state) {
    add("/proc/self/mounts", "rpool/root / zfs rw 0 0\nnone /var tmpfs rw 0 0\n");
    assert_vital("the root file system: ?\n");
    add("/proc/self/mounts", "");
    add("/proc/swaps", "Filename Type\n/dev/gone\\040(deleted) partition\n");
    assert_vital("swap: ?\n");
}

static void vital_unknown(_unused_ void **state) {
    static const char *const paths[] = {
        "/proc/self/mounts",        "/proc/swaps",         "/sys/fs/btrfs", BTRFS "/.",
        DRIVE0 "/nvme0n1p2/slaves", "/sys/dev/block/259:2"};

    add("/proc/self/mounts", "/dev/nvme0n1p2 / btrfs rw 0 0\n");
    for (size_t i = 0; i < ELEMENTS(paths); i++) {
        broken = paths[i];
        assert_unknown();
    }
}

/* ---- who uses a disk ------------------------------------------------------------------------ */

static void users_told(_unused_ void **state) {
    char how[256];

    assert_int_equal(disk_users_find(makedev(259, 3), how, sizeof how), 0);
    add("/proc/1/mountinfo", "30 1 259:3 / /srv rw - ext4 /dev/nvme1n1 rw\n");
    assert_int_equal(disk_users_find(makedev(259, 3), how, sizeof how), 1);
    assert_string_equal(how, "mounted at /srv");
    add("/proc/1/mountinfo", "30 1 0:30 / / rw - btrfs /dev/nvme0n1p2 rw\n");
    assert_int_equal(disk_users_find(makedev(259, 2), how, sizeof how), 1);
    assert_string_equal(how, "mounted at /");
    add("/proc/swaps", "Filename\n/dev/nvme1n1 partition\n");
    assert_int_equal(disk_users_find(makedev(259, 3), how, sizeof how), 1);
    assert_string_equal(how, "used as swap");
}

static void users_unknown(_unused_ void **state) {
    static const char *const paths[] = {"/proc/swaps", "/proc/1/mountinfo", "/proc",
                                        "/dev/nvme0n1p2"};
    char how[256];

    add("/proc/1/mountinfo", "30 1 0:30 / / rw - btrfs /dev/nvme0n1p2 rw\n");
    for (size_t i = 0; i < ELEMENTS(paths); i++) {
        broken = paths[i];
        assert_int_equal(disk_users_find(makedev(259, 3), how, sizeof how), -EIO);
    }
    broken = "/sys/block";
    assert_int_equal(disk_users_find_loop(makedev(259, 3), how, sizeof how), -EIO);
    broken = NULL;
    assert_int_equal(disk_users_find_loop(makedev(259, 3), how, sizeof how), 0);
}

/* ---- the default route ---------------------------------------------------------------------- */

static void routes(_unused_ void **state) {
    assert_int_equal(default_route_is_through("eno1"), 0);
    add("/proc/net/route", "Iface\tDestination\tGateway\neno1\t0000A8C0\t0\neno2\t00000000\t1\n");
    add("/proc/net/ipv6_route", "00000000000000000000000000000000 00 0 0 0 0 0 0 0 eno3\n");
    assert_int_equal(default_route_is_through("eno1"), 0);
    assert_int_equal(default_route_is_through("eno2"), 1);
    assert_int_equal(default_route_is_through("eno3"), 1);
    broken = "/proc/net/route";
    assert_int_equal(default_route_is_through("eno1"), -EIO);
    assert_int_equal(default_route_is_through("eno3"), 1);
    broken = "/proc/net/ipv6_route";
    assert_int_equal(default_route_is_through("eno1"), -EIO);
}

#define ON_A_HOST(sentence, function)                                                              \
    ((const struct CMUnitTest){sentence, function, make_host, remove_host, NULL})

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_A_HOST("the host cannot go on without any of the disks of its btrfs", all_of_a_btrfs),
        ON_A_HOST("nor without any of an array's, also when a partition of it is mounted",
                  all_of_an_array),
        ON_A_HOST("nor without the disk that a swap file is on", swap_in_a_file),
        ON_A_HOST("of a pool, or swap that is gone, it is said that its disks are not known",
                  pools),
        ON_A_HOST("what cannot be read is never taken for what the host can do without",
                  vital_unknown),
        ON_A_HOST("a disk is mounted, or swap", users_told),
        ON_A_HOST("what cannot be read is never taken for a disk that nobody uses", users_unknown),
        ON_A_HOST("nor for an interface without the default route", routes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
