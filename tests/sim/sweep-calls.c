/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls that the hook makes, and how they can fail on a host that is short of something
 * or has broken hardware. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static const struct call_kind kinds[] = {
    {SYS_openat, "openat", ON_PATH_AT, {EMFILE, EIO, ENOMEM, EACCES, ENFILE, ENOSPC, EROFS}},
    {SYS_read, "read", ON_DESCRIPTOR, {EIO, EINTR, ENOMEM}},
    {SYS_pread64, "pread64", ON_DESCRIPTOR, {EIO}},
    {SYS_write, "write", ON_DESCRIPTOR, {ENOSPC, EIO, EINTR, ENOMEM, EACCES}},
    {SYS_getdents64, "getdents64", ON_DESCRIPTOR, {EIO, ENOMEM}},
    {SYS_newfstatat, "newfstatat", ON_PATH_AT, {EIO, ENOMEM, EACCES}},
    {SYS_fstat, "fstat", ON_DESCRIPTOR, {EIO}},
    {SYS_statx, "statx", ON_PATH_AT, {EIO, ENOMEM, EACCES}},
    {SYS_readlinkat, "readlinkat", ON_PATH_AT, {EIO, ENOMEM, EACCES}},
    {SYS_faccessat, "faccessat", ON_PATH_AT, {EIO, EACCES}},
    {SYS_faccessat2, "faccessat2", ON_PATH_AT, {EIO, EACCES}},
    {SYS_mkdirat, "mkdirat", ON_PATH_AT, {ENOSPC, EROFS, EACCES}},
    {SYS_unlinkat, "unlinkat", ON_PATH_AT, {EROFS, EIO, EACCES}},
    {SYS_renameat2, "renameat2", ON_PATH_AT, {ENOSPC, EROFS, EIO}},
    {SYS_linkat, "linkat", ON_PATH_AT, {ENOSPC, EROFS, EIO, EACCES}},
    {SYS_ftruncate, "ftruncate", ON_DESCRIPTOR, {EIO, EROFS}},
    {SYS_flock, "flock", ON_DESCRIPTOR, {EINTR, ENOLCK}},
    {SYS_fcntl, "fcntl", ON_DESCRIPTOR, {EMFILE}},
    {SYS_dup3, "dup3", ON_DESCRIPTOR, {EMFILE, EINTR}},
    {SYS_pipe2, "pipe2", ON_NOTHING, {EMFILE, ENFILE}},
    {SYS_clone, "clone", ON_NOTHING, {EAGAIN, ENOMEM}},
    {SYS_clone3, "clone3", ON_NOTHING, {EAGAIN, ENOMEM}},
    {SYS_wait4, "wait4", ON_NOTHING, {EINTR}},
    {SYS_ppoll, "ppoll", ON_NOTHING, {EINTR, ENOMEM}},
    {SYS_clock_nanosleep, "clock_nanosleep", ON_NOTHING, {EINTR}},
    {SYS_socket, "socket", ON_NOTHING, {EMFILE, ENFILE, ENOMEM, EACCES}},
    {SYS_connect, "connect", ON_DESCRIPTOR, {EINTR, EAGAIN, ECONNREFUSED}},
    {SYS_sendto, "sendto", ON_DESCRIPTOR, {EAGAIN, ENOBUFS, EPIPE}},
    {SYS_sendmsg, "sendmsg", ON_DESCRIPTOR, {EAGAIN, ENOBUFS, EPIPE}},
    {SYS_recvmsg, "recvmsg", ON_DESCRIPTOR, {EINTR, ECONNRESET}},
    {SYS_mmap, "mmap", ON_NOTHING, {ENOMEM}},
    {SYS_mremap, "mremap", ON_NOTHING, {ENOMEM}},
    {SYS_chdir, "chdir", ON_PATH, {EIO, EACCES}},
    {SYS_close_range, "close_range", ON_NOTHING, {ENOMEM}},
    {SYS_finit_module, "finit_module", ON_DESCRIPTOR, {EIO, ENOMEM, EACCES, EINTR}},
    {SYS_sched_setaffinity, "sched_setaffinity", ON_NOTHING, {EACCES, EINVAL}},
    {SYS_sched_getaffinity, "sched_getaffinity", ON_NOTHING, {EACCES}},
#ifdef SYS_open
    {SYS_open, "open", ON_PATH, {EMFILE, EIO, ENOMEM, EACCES, ENFILE, ENOSPC, EROFS}},
    {SYS_stat, "stat", ON_PATH, {EIO, ENOMEM, EACCES}},
    {SYS_readlink, "readlink", ON_PATH, {EIO, ENOMEM, EACCES}},
    {SYS_access, "access", ON_PATH, {EIO, EACCES}},
    {SYS_mkdir, "mkdir", ON_PATH, {ENOSPC, EROFS, EACCES}},
    {SYS_unlink, "unlink", ON_PATH, {EROFS, EIO, EACCES}},
    {SYS_rename, "rename", ON_PATH, {ENOSPC, EROFS, EIO}},
    {SYS_rmdir, "rmdir", ON_PATH, {EROFS, EIO, EACCES}},
    {SYS_dup2, "dup2", ON_DESCRIPTOR, {EMFILE, EINTR}},
    {SYS_poll, "poll", ON_NOTHING, {EINTR, ENOMEM}},
#endif
};

const struct call_kind *call_kind(long number) {
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (kinds[i].number == number)
            return &kinds[i];
    return NULL;
}

static bool writes(const struct call_kind *kind, const uint64_t arguments[]) {
    uint64_t flags = arguments[kind->on == ON_PATH_AT ? 2 : 1];

    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
}

bool call_can_fail(const struct call_kind *kind, const uint64_t arguments[], int error) {
    bool opens = strncmp(kind->name, "open", 4) == 0;

    if (opens && (error == ENOSPC || error == EROFS))
        return writes(kind, arguments);
    return true;
}

/* ---- for a person -----------------------------------------------------------------------------
 */

static void read_text(pid_t pid, uint64_t address, char *text, size_t size) {
    /* Strings may end just before a page that is not there. */
    for (size_t i = 0; i + 1 < size; i++) {
        struct iovec here = {&text[i], 1}, there = {(void *)(uintptr_t)(address + i), 1};

        if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1)
            text[i] = '\0';
        text[i + 1] = '\0';
        if (!text[i])
            return;
    }
}

static void read_descriptor(pid_t pid, int fd, char *text, size_t size) {
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, fd);
    n = readlink(link, text, size - 1);
    text[n > 0 ? n : 0] = '\0';
}

void call_describe(pid_t pid, long number, const uint64_t arguments[], char *text, size_t size) {
    const struct call_kind *kind = call_kind(number);
    char on[128] = "", at[128] = "";

    if (!kind) {
        snprintf(text, size, "call %ld", number);
        return;
    }
    if (kind->on == ON_DESCRIPTOR || kind->on == ON_PATH_AT)
        read_descriptor(pid, (int)arguments[0], at, sizeof at);
    if (kind->on == ON_PATH || kind->on == ON_PATH_AT)
        read_text(pid, arguments[kind->on == ON_PATH_AT], on, sizeof on);
    if (*on == '/')
        *at = '\0';
    snprintf(text, size, "%s %s%s%s", kind->name, at, *at && *on ? "/" : "", on);
}
