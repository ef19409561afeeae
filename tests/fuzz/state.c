/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that VMs share: whatever is in it, a state that is saved is the one that is read next. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "json-record.h"
#include "state-file.h"

static const char name[] = ".state";

static struct state_file open_state(void) {
    _cleanup_error_ struct error error = {0};
    struct state_file file;
    int r = state_file_open(fuzz_directory(), name, 0, &file, &error);

    fuzz_require_told(r, &error);
    REQUIRE(r == 0 && json_object_is_type(file.state, json_type_object));
    return file;
}

static char *text_of(const struct state_file *file) {
    char *text = strdup(json_object_to_json_string(file->state));

    REQUIRE(text);
    return text;
}

static void require_state(const char *text) {
    _cleanup_state_file_ struct state_file file = open_state();
    _cleanup_free_ char *read = text_of(&file);

    REQUIRE(strcmp(read, text) == 0);
}

/* A writer that died leaves half a line. */
static void tear(void) {
    static const char torn[] = "\n{\"cpus\":";
    _cleanup_close_ int fd = openat(fuzz_directory(), name, O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd >= 0)
        REQUIRE(file_write_all(fd, torn, sizeof torn - 1) == 0);
}

/* What is read, and one thing more, saved. Owned by the caller. */
static char *save(bool more) {
    _cleanup_error_ struct error error = {0};
    _cleanup_state_file_ struct state_file file = open_state();

    if (more)
        REQUIRE(json_add(file.state, "more", json_object_new_string("1-3")));
    REQUIRE(state_file_save(&file, &error) == 0);
    return text_of(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int directory = fuzz_directory(), next = fuzz_next_descriptor();

    fuzz_write(directory, name, data, size);
    for (int more = 0; more < 2; more++) {
        _cleanup_free_ char *saved = save(more);

        require_state(saved);
        tear();
        require_state(saved);
    }
    REQUIRE(fuzz_next_descriptor() == next);
    return 0;
}
