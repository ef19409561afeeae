/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has a fuzz target digest the inputs that are in the tree, without libFuzzer:
 *
 *     replay-TARGET DIRECTORY
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "file.h"

#define INPUT_MAX ((size_t)64 << 20)

static const char *name = "none";

static void tell_input(int number) {
    static const char words[] = "# while digesting ";

    if (write(STDERR_FILENO, words, sizeof words - 1) < 0 ||
        write(STDERR_FILENO, name, strlen(name)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

static int digest(int directory) {
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *input = NULL;
    size_t length = 0;
    int r = fd < 0 ? -errno : file_read_all(fd, INPUT_MAX, &input, &length);

    if (r == 0)
        LLVMFuzzerTestOneInput((const uint8_t *)input, length);
    return r;
}

/* How many there were, or a negative errno. */
static int digest_all(const char *path) {
    _cleanup_closedir_ DIR *entries = opendir(path);
    int count = 0;

    if (!entries)
        return -errno;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        int r = 0;

        name = entry->d_name;
        if (name[0] != '.') {
            r = digest(dirfd(entries));
            count++;
        }
        if (r < 0)
            return r;
    }
    return count;
}

int main(int argc, char **argv) {
    const char *path = argc == 2 ? argv[1] : ".", *slash = strrchr(path, '/');
    int count;

    LLVMFuzzerInitialize(&argc, &argv);
    signal(SIGABRT, tell_input);
    signal(SIGSEGV, tell_input);
    count = digest_all(path);
    if (count < 0)
        fprintf(stderr, "# %s: %s: %s\n", path, name, strerror(-count));
    printf("1..1\n%s 1 - every input of the corpus of %s is digested\n# %d inputs\n",
           count > 0 ? "ok" : "not ok", slash ? slash + 1 : path, count);
    return count > 0 ? 0 : 1;
}
