/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A journal: obeyed as a whole or not at all. What is read is written and read again as the same,
 * and half a line at the end changes nothing.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "any-plan.h"
#include "journal-file.h"

/* A descriptor of its own for who takes it over. */
static int copy_of(int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    REQUIRE(copy >= 0);
    return copy;
}

static struct journal *read_journal(const uint8_t *data, size_t size, size_t *ret_length, int *r) {
    struct journal *journal = NULL;

    *r = journal_file_read(copy_of(fuzz_file(data, size)), "vm", &journal, ret_length);
    REQUIRE((*r == 0) == (journal != NULL));
    return journal;
}

static void require_same(const struct journal *a, const struct journal *b) {
    REQUIRE(a->version == b->version && a->timeout == b->timeout && a->released == b->released);
    REQUIRE(strcmp(a->domain, b->domain) == 0);
    REQUIRE(a->daemon.pid == b->daemon.pid && a->daemon.start == b->daemon.start);
    REQUIRE(a->steps.count == b->steps.count);
    for (size_t i = 0; i < a->steps.count; i++)
        REQUIRE(strcmp(json_object_to_json_string(a->steps.items[i].data),
                       json_object_to_json_string(b->steps.items[i].data)) == 0);
}

/* Each line is a record, and nothing else. */
static void check_lines(const uint8_t *data, size_t size, size_t length) {
    const char *line = (const char *)data, *end;

    REQUIRE(size == length || !memchr(data + length, '\n', size - length));
    for (; (end = memchr(line, '\n', length - (size_t)(line - (const char *)data))); line = end + 1)
        REQUIRE(end > line && end[-1] == '}' && !memchr(line, '\0', (size_t)(end - line)));
}

/* As this program would write it. */
static void check_writing(const struct journal *journal) {
    _cleanup_journal_ struct journal *again = NULL;
    const struct claims none = {0};
    const struct journal_head head = {
        .domain = journal->domain,
        .uuid = "",
        .timeout = journal->timeout,
        .claims = &none,
    };
    int fd = fuzz_file(NULL, 0);
    size_t length;

    REQUIRE(journal_file_write_head(fd, &head) == 0);
    REQUIRE(journal_file_write_daemon(fd, journal->daemon) == 0);
    REQUIRE(journal_file_write_steps(fd, &journal->steps) == 0);
    if (journal->released)
        REQUIRE(journal_file_write_released(fd) == 0);
    REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
    REQUIRE(journal_file_read(copy_of(fd), "vm", &again, &length) == 0);
    require_same(journal, again);
}

/* A writer that died leaves half a line. */
static void check_torn(const struct journal *journal, const uint8_t *data, size_t length) {
    static const char torn[] = "{\"released\":tr";
    _cleanup_free_ uint8_t *longer = malloc(length + sizeof torn);
    _cleanup_journal_ struct journal *again = NULL;
    size_t whole = 0;
    int r;

    REQUIRE(longer);
    memcpy(longer, data, length);
    memcpy(longer + length, torn, sizeof torn - 1);
    again = read_journal(longer, length + sizeof torn - 1, &whole, &r);
    REQUIRE(r == 0 && whole == length);
    require_same(journal, again);
}

/* The same from a directory, as hook and admin find it. */
static void check_loading(const uint8_t *data, size_t size, const struct journal *expected,
                          size_t length) {
    _cleanup_error_ struct error error = {0};
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_claims_ struct claims claims = {0};
    _cleanup_free_ char *holder = NULL;
    struct stat st;
    int r;

    fuzz_write(fuzz_directory(), "vm", data, size);
    r = journal_load(fuzz_directory(), "vm", 0, &journal, &error);
    fuzz_require_told(r, &error);
    REQUIRE((r == 0) == (expected && expected->version <= JOURNAL_VERSION &&
                         strcmp(expected->domain, "vm") == 0));
    if (r == 0) {
        require_same(expected, journal);
        REQUIRE(fstat(journal->fd, &st) == 0 && (size_t)st.st_size == length);
    }
    REQUIRE(claims_add_device(&claims, (struct pci_address){.bus = 1}) == 0);
    REQUIRE(claims_add_cpu(&claims, 3, true) == 0);
    holder = journal_find_holder(fuzz_directory(), &claims, "other");
    REQUIRE(!holder || strcmp(holder, "vm") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int directory = fuzz_directory(), file = fuzz_file(data, size), next = fuzz_next_descriptor();
    size_t length = 0;
    int r;

    REQUIRE(directory >= 0 && file >= 0);
    {
        _cleanup_journal_ struct journal *journal = read_journal(data, size, &length, &r);

        REQUIRE(r <= 0);
        check_loading(data, size, journal, length);
        for (size_t i = 0; journal && i < journal->steps.count; i++)
            any_step(&journal->steps.items[i]);
        if (journal && journal->version <= JOURNAL_VERSION)
            check_writing(journal);
        if (journal) {
            check_lines(data, size, length);
            check_torn(journal, data, length);
        }
    }
    REQUIRE(fuzz_next_descriptor() == next);
    return 0;
}
