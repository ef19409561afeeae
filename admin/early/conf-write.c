/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "conf-directory.h"
#include "file.h"
#include "text.h"

int conf_write_directory(const char *path, struct error *error) {
    int fd;

    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return error_set(error, errno, "%s cannot be made: %s", path, strerror(errno));
    fd = conf_directory_open(AT_FDCWD, path, path, error);
    return fd == -ENOENT ? error_set(error, ENOENT, "%s cannot be opened", path) : fd;
}

/* Not lost when the power fails: what it says is about the next boot. */
static int write_scratch(int directory, const char *scratch, const char *text, mode_t mode) {
    _cleanup_close_ int fd =
        openat(directory, scratch, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));

    if (r >= 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        r = -errno;
    return r;
}

static int explain(struct error *error, int code, const char *shown) {
    return error_set(error, code, "%s cannot be written: %s", shown, strerror(code));
}

int conf_write_new(int directory, const char *name, const char *shown, const char *text,
                   struct error *error) {
    _cleanup_free_ char *scratch = text_format(".%s.%d", name, (int)getpid());
    int r;

    if (!scratch)
        return error_oom(error);
    r = write_scratch(directory, scratch, text, 0644);
    /* Unlike a rename this takes no other's place. */
    if (r >= 0 && linkat(directory, scratch, directory, name, 0) < 0)
        r = -errno;
    unlinkat(directory, scratch, 0);
    return r < 0 && r != -EEXIST ? explain(error, -r, shown) : r;
}

int conf_write_over(int directory, const char *name, const char *shown, const char *text,
                    mode_t mode, struct error *error) {
    _cleanup_free_ char *scratch = text_format(".%s.%d", name, (int)getpid());
    int r;

    if (!scratch)
        return error_oom(error);
    r = write_scratch(directory, scratch, text, mode);
    if (r >= 0 && renameat(directory, scratch, directory, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(directory, scratch, 0);
    return r < 0 ? explain(error, -r, shown) : 0;
}
