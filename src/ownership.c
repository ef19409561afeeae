/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ownership.h"

#include <errno.h>

#include "deadline.h"
#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "text.h"

int ownership_open(const char *thing, uint64_t deadline, struct ownership *ret,
                   struct error *error) {
    uint64_t now = now_usec(), half = now + (deadline > now ? deadline - now : 0) / 2;
    int r;

    *ret = (struct ownership){.file.fd = -1, .name = text_format(".%s", thing)};
    ret->directory = journal_open_directory(true, error);
    if (ret->directory < 0)
        return ret->directory;
    if (!ret->name)
        return error_oom(error);
    r = state_file_open(ret->directory, ret->name, half, &ret->file, error);
    if (r == -EALREADY)
        return error_set(
            error, EALREADY,
            "%s is still being worked on by an earlier attempt: its driver is slow, or "
            "hangs in the kernel. The kernel log may tell why",
            thing);
    return r;
}

bool ownership_is_ours(const struct ownership *ownership) {
    return json_object_object_get_ex(ownership->file.state, "ours", NULL);
}

int ownership_take(struct ownership *ownership, struct error *error) {
    if (!json_add(ownership->file.state, "ours", json_object_new_boolean(true)))
        return error_oom(error);
    return state_file_save(&ownership->file, error);
}

void ownership_drop(struct ownership *ownership) {
    json_object_object_del(ownership->file.state, "ours");
}

void ownership_close(struct ownership *ownership) {
    state_file_close(&ownership->file);
    close_descriptor(&ownership->directory);
    free(ownership->name);
}
