/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#include "work.h"

/* What is shared with the worker. */
struct shared {
    const struct reader *reader;
    volatile bool started;
    volatile size_t done;
    alignas(max_align_t) char items[];
};

static int read_all(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    struct shared *shared = data;
    const struct reader *reader = shared->reader;

    shared->started = true;
    for (size_t i = 0; i < reader->count; i++) {
        reader->read(shared->items + i * reader->size, i);
        shared->done = i + 1;
    }
    return 0;
}

static int run(struct shared *shared, uint64_t deadline, size_t *stuck, struct error *error) {
    struct work work = {.run = read_all, .data = shared};

    work_run(&work, 1, deadline);
    if (work.result == -ETIME && !shared->started)
        return error_set(error, ETIME, "no time was left to look at the VM's devices");
    if (work.result == -ETIME && shared->done < shared->reader->count) {
        *stuck = shared->done;
        memcpy(shared->reader->items, shared->items, *stuck * shared->reader->size);
        return READER_STUCK;
    }
    if (work.result < 0 && work.error.code) {
        error_move(error, &work.error);
        return work.result;
    }
    memcpy(shared->reader->items, shared->items, shared->reader->count * shared->reader->size);
    return 0;
}

int reader_run(const struct reader *reader, uint64_t deadline, size_t *stuck, struct error *error) {
    size_t length = reader->count * reader->size, size = sizeof(struct shared) + length;
    struct shared *shared;
    int r;

    if (reader->count == 0)
        return 0;
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return error_oom(error);
    shared->reader = reader;
    memcpy(shared->items, reader->items, length);
    r = run(shared, deadline, stuck, error);
    munmap(shared, size);
    return r;
}
