/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "holdings.h"

#include <ctype.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "device-text.h"
#include "file.h"
#include "journal-file.h"
#include "recover.h"
#include "text.h"
#include "uuid.h"

#define ASIDE ".damaged-"

/* ---- names ---------------------------------------------------------------------------------- */

/* The text of which text_escape_file_name has made a file name. Owned by the caller. */
static char *unescape(const char *file) {
    char *text = strdup(file), *end = text;

    for (const char *c = file; text && *c; c++) {
        unsigned byte;

        if (c[0] == '\\' && c[1] == 'x' && isxdigit((unsigned char)c[2]) &&
            isxdigit((unsigned char)c[3]) && sscanf(c + 2, "%2x", &byte) == 1) {
            *end++ = (char)byte;
            c += 3;
        } else {
            *end++ = *c;
        }
    }
    if (text)
        *end = '\0';
    return text;
}

char *holding_name(const struct holding *holding) {
    return text_printable(holding->domain);
}

char *holding_text(const struct holding *holding) {
    _cleanup_free_ char *name = holding_name(holding);
    struct pci_address device;

    if (journal_is_by_hand(holding->domain, &device))
        return device_text(device);
    return name ? text_format("VM %s", name) : NULL;
}

/* ---- one file ------------------------------------------------------------------------------- */

static bool is_named_after(const char *file, const char *domain) {
    _cleanup_free_ char *own = text_escape_file_name(domain);

    return own && strcmp(own, file) == 0;
}

static enum holding_state judge(const struct holding *holding, int r) {
    const struct journal *journal = holding->journal;

    if (r == -EBADMSG || r == -EINVAL || r == -EFBIG)
        return HOLDING_DAMAGED;
    if (r < 0)
        return HOLDING_UNREADABLE;
    if (!is_named_after(holding->file, journal->domain))
        return HOLDING_COPY;
    if (journal->version > JOURNAL_VERSION)
        return HOLDING_NEWER;
    if (journal_is_settled(journal))
        return HOLDING_BY_HAND;
    return recover_is_stale(journal) ? HOLDING_STALE : HOLDING_LIVE;
}

/* Whoever wants the lock meanwhile tries again. */
static bool is_locked(int fd) {
    if (flock(fd, LOCK_SH | LOCK_NB) < 0)
        return errno == EWOULDBLOCK;
    flock(fd, LOCK_UN);
    return false;
}

static int open_file(int directory, const char *file) {
    int fd = openat(directory, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

static void read_holding(int directory, struct holding *holding) {
    int fd = open_file(directory, holding->file), r = fd;
    size_t length;

    if (fd >= 0) {
        holding->busy = is_locked(fd);
        r = journal_file_read(fd, holding->file, &holding->journal, &length);
    }
    holding->state = judge(holding, r);
    /* Removed meanwhile: there is nothing. */
    if (r == -ENOENT) {
        free(holding->domain);
        holding->domain = NULL;
    }
}

/* ---- the directory -------------------------------------------------------------------------- */

static void holding_done(struct holding *holding) {
    free(holding->file);
    free(holding->domain);
    journal_free(holding->journal);
}

/* Whose it is goes by the name without what `prefix` puts in front of it. */
static int add(struct holdings *holdings, int directory, const char *file, size_t prefix) {
    struct holding *larger =
        reallocarray(holdings->items, holdings->count + 1, sizeof *holdings->items);

    if (!larger)
        return -ENOMEM;
    holdings->items = larger;
    larger += holdings->count;
    *larger = (struct holding){.file = strdup(file), .domain = unescape(file + prefix)};
    holdings->count++;
    if (!larger->file || !larger->domain)
        return -ENOMEM;
    if (prefix > 0)
        larger->state = HOLDING_ASIDE;
    else
        read_holding(directory, larger);
    if (!larger->domain)
        holding_done(&holdings->items[--holdings->count]);
    return 0;
}

static int add_shared(struct holdings *holdings, const char *name) {
    char **larger = reallocarray(holdings->shared, holdings->n_shared + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    holdings->shared = larger;
    larger[holdings->n_shared] = strdup(name);
    return larger[holdings->n_shared++] ? 0 : -ENOMEM;
}

static int take(struct holdings *holdings, int directory, const char *name) {
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (strncmp(name, ASIDE, strlen(ASIDE)) == 0)
        return add(holdings, directory, name, strlen(ASIDE));
    return *name == '.' ? add_shared(holdings, name + 1) : add(holdings, directory, name, 0);
}

static int compare(const void *a, const void *b) {
    const struct holding *left = a, *right = b;
    int r = strcmp(left->domain, right->domain);

    return r != 0 ? r : strcmp(left->file, right->file);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int holdings_read(int directory, struct holdings *ret, struct error *error) {
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    _cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (!entries) {
        r = -errno;
        close_descriptor(&fd);
    }
    for (struct dirent *entry = entries ? file_next_entry(entries, &r) : NULL; entry && r == 0;) {
        r = take(ret, directory, entry->d_name);
        if (r == 0)
            entry = file_next_entry(entries, &r);
    }
    if (r < 0)
        return error_set(error, -r, "/run/hostdevctl cannot be listed: %s", strerror(-r));
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    if (ret->n_shared > 0)
        qsort(ret->shared, ret->n_shared, sizeof *ret->shared, compare_names);
    return 0;
}

void holdings_done(struct holdings *holdings) {
    for (size_t i = 0; i < holdings->count; i++)
        holding_done(&holdings->items[i]);
    for (size_t i = 0; i < holdings->n_shared; i++)
        free(holdings->shared[i]);
    free(holdings->items);
    free(holdings->shared);
}

/* ---- what a damaged file names --------------------------------------------------------------- */

#define DAMAGED_MAX ((size_t)16 << 20)

/* Length of the word at the start of a text that a name could be. */
static size_t word_length(const char *text) {
    return strspn(text, "0123456789abcdefABCDEF:.-");
}

/* Of UUIDs only that of a claim is a mediated device's for certain; there is also the VM's own. */
static bool is_name(const char *word, const char *text, size_t at) {
    static const char claim[] = "mdev ";
    struct pci_address address;
    char uuid[37];

    return pci_address_parse(word, &address) == 0 ||
           (uuid_normalize(word, uuid) == 0 && at >= strlen(claim) &&
            strncmp(text + at - strlen(claim), claim, strlen(claim)) == 0);
}

/* Adds a word of the text to the list, unless it is there, or no name. -ENOMEM. */
static int add_word(char ***names, size_t *count, const char *text, size_t at, size_t length) {
    _cleanup_free_ char *word = strndup(text + at, length);
    char **larger;

    if (!word)
        return -ENOMEM;
    if (!is_name(word, text, at))
        return 0;
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*names)[i], word) == 0)
            return 0;
    larger = reallocarray(*names, *count + 2, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    *names = larger;
    larger[(*count)++] = take_pointer(word);
    larger[*count] = NULL;
    return 0;
}

char **holding_find_names(int directory, const char *file) {
    _cleanup_close_ int fd = open_file(directory, file);
    char **names = calloc(1, sizeof *names);
    _cleanup_free_ char *text = NULL;
    size_t length, count = 0;

    if (!names || fd < 0 || file_read_all(fd, DAMAGED_MAX, &text, &length) < 0) {
        holding_names_free(names);
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        size_t word = word_length(text + i);

        if (word == 0)
            continue;
        if (add_word(&names, &count, text, i, word) < 0)
            break;
        i += word;
    }
    return names;
}

void holding_names_free(char **names) {
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free((void *)names);
}
