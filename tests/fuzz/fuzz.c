/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "file.h"
#include "text.h"

void fuzz_broken(const char *file, int line, const char *promise) {
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

/* For what the program itself needs, and a host that works has. */
static void need(bool there, const char *what) {
    if (there)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(77);
}

void fuzz_require_told(int r, const struct error *error) {
    if (r >= 0) {
        REQUIRE(error->code == 0 && !error->text);
        return;
    }
    REQUIRE(error->code == -r);
    REQUIRE(error->text && strchr(error->text, ' '));
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);

    need(text != NULL, "memory");
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void fill(int fd, const uint8_t *data, size_t size) {
    need(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
             file_write_all(fd, (const char *)data, size) == 0 && lseek(fd, 0, SEEK_SET) == 0,
         "a file in memory");
}

int fuzz_file(const uint8_t *data, size_t size) {
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        need(fd >= 0 && fchmod(fd, 0600) == 0, "a file in memory");
    }
    fill(fd, data, size);
    return fd;
}

void fuzz_write(int directory, const char *name, const uint8_t *data, size_t size) {
    _cleanup_close_ int fd = openat(directory, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    need(fd >= 0, name);
    fill(fd, data, size);
}

int fuzz_next_descriptor(void) {
    int fd = open("/", O_PATH | O_CLOEXEC);

    need(fd >= 0, "/");
    close(fd);
    return fd;
}

/* ---- the directory ------------------------------------------------------------------------- */

static char directory_path[PATH_MAX];

static void remove_directory(void) {
    DIR *entries = opendir(directory_path);

    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries))
        unlinkat(dirfd(entries), entry->d_name, 0);
    close_directory(&entries);
    rmdir(directory_path);
}

int fuzz_directory(void) {
    const char *parent = getenv("TMPDIR");
    static int fd = -1;

    if (fd >= 0)
        return fd;
    if (!parent)
        parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory_path, sizeof directory_path, "%s/hostdevctl-fuzz.XXXXXX", parent);
    need(mkdtemp(directory_path) != NULL, directory_path);
    atexit(remove_directory);
    fd = open(directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(fd >= 0, directory_path);
    return fd;
}

/* ---- root ---------------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(_unused_ int *argc, _unused_ char ***argv) {
    _cleanup_free_ char *map = text_format("0 %u 1", geteuid());

    if (geteuid() != 0)
        need(map && unshare(CLONE_NEWUSER) == 0 &&
                 file_write_at(AT_FDCWD, "/proc/self/uid_map", map) == 0,
             "only root's files are read, and there is no user namespace to be root in");
    return 0;
}
