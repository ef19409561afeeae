/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "file.h"
#include "journal-file.h"
#include "lock.h"
#include "log.h"
#include "text.h"

#define JOURNAL_DIRECTORY "/run/hostdevctl"
#define BY_HAND "by-hand/"

char *journal_name_by_hand(struct pci_address address) {
    return text_format(BY_HAND "%s", PCI_ADDRESS_FORMAT(address));
}

bool journal_is_by_hand(const char *domain, struct pci_address *ret) {
    return strncmp(domain, BY_HAND, strlen(BY_HAND)) == 0 &&
           pci_address_parse(domain + strlen(BY_HAND), ret) == 0;
}

bool journal_is_settled(const struct journal *journal) {
    struct pci_address device;

    return journal_is_by_hand(journal->domain, &device) && !journal->released && journal->claims &&
           json_object_array_length(journal->claims) == 0;
}

int journal_open_directory(bool create, struct error *error) {
    _cleanup_close_ int fd = -1;
    struct stat st;

    if (create && mkdir(JOURNAL_DIRECTORY, 0700) < 0 && errno != EEXIST)
        return error_set(error, errno, "%s cannot be made: %s", JOURNAL_DIRECTORY, strerror(errno));
    fd = open(JOURNAL_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set(error, errno, "%s cannot be opened: %s", JOURNAL_DIRECTORY,
                         strerror(errno));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(error, EPERM, "%s is not root's alone to write: remove it",
                         JOURNAL_DIRECTORY);
    return take_fd(&fd);
}

static int open_journal(int directory, const char *file) {
    int fd = openat(directory, file, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

static int open_locked(int directory, const char *file, uint64_t deadline) {
    for (;;) {
        _cleanup_close_ int fd = open_journal(directory, file);
        int r = fd < 0 ? fd : lock_take(fd, deadline);

        if (r >= 0)
            r = lock_is_current(directory, file, fd);
        if (r < 0)
            return r;
        if (r > 0)
            return take_fd(&fd);
    }
}

/* ---- journals that cannot be used ---------------------------------------------------------- */

/* What cannot be read for any other reason may be all right. */
static bool is_damage(int r) {
    return r == -EBADMSG || r == -EINVAL || r == -EFBIG;
}

static int unusable(int r, const char *file, struct error *error) {
    if (!is_damage(r))
        return error_set(error, -r, "the journal %s/%s cannot be read: %s", JOURNAL_DIRECTORY, file,
                         strerror(-r));
    return error_set(error, EBADMSG,
                     "the journal %s/%s cannot be used: it is damaged. Look at the devices it "
                     "names, then remove it",
                     JOURNAL_DIRECTORY, file);
}

int journal_check_version(const struct journal *journal, struct error *error) {
    if (journal->version <= JOURNAL_VERSION)
        return 0;
    return error_set(error, EBADMSG,
                     "the journal %s/%s cannot be used: a newer version of hostdevctl has written "
                     "it. Install that version again to give the VM's devices back",
                     JOURNAL_DIRECTORY, journal->file);
}

static int is_its_qemu(const char *domain, _unused_ pid_t qemu, void *file) {
    _cleanup_free_ char *its = text_escape_file_name(domain);

    return !its || strcmp(its, file) == 0;
}

/* Whether the VM of a journal runs, or it cannot be told. */
static bool has_qemu(const char *file) {
    return process_for_each_qemu(is_its_qemu, (void *)(uintptr_t)file) != 0;
}

/* Whether a journal is damaged indeed, now that it is locked: it may be a new one by now. */
static bool is_damaged(int fd, const char *file) {
    _cleanup_journal_ struct journal *journal = NULL;
    size_t length;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return copy >= 0 && is_damage(journal_file_read(copy, file, &journal, &length));
}

/* Moves a damaged journal out of the way, so that nobody obeys it or waits for it, and somebody can
 * look at it; but not while its VM runs, or a hook is at work for it. */
static bool set_aside(int directory, const char *file, struct error *error) {
    _cleanup_free_ char *aside = text_format(".damaged-%s", file);
    _cleanup_close_ int fd = open_locked(directory, file, 0);

    if (!aside || fd < 0 || has_qemu(file) || !is_damaged(fd, file) ||
        renameat(directory, file, directory, aside) < 0)
        return false;
    error_set(error, EBADMSG,
              "the journal %s/%s is damaged, and is set aside as %s. Devices of its VM may not "
              "have been given back: look at those that it names, then remove it",
              JOURNAL_DIRECTORY, file, aside);
    return true;
}

/* A copy that somebody made is nobody's journal, and would never be given back. */
static bool is_named_after(const char *file, const char *domain) {
    _cleanup_free_ char *own = text_escape_file_name(domain);

    return own && strcmp(file, own) == 0;
}

/* ---- loading -------------------------------------------------------------------------------- */

int journal_load(int directory, const char *domain, uint64_t deadline, struct journal **ret,
                 struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_free_ char *file = text_escape_file_name(domain);
    size_t length;
    int r;

    if (!file)
        return error_oom(error);
    r = open_locked(directory, file, deadline);
    /* No journal can have a name that is too long for a file. */
    if (r == -ENOENT || r == -ENAMETOOLONG)
        return -ENOENT;
    if (r == -EWOULDBLOCK)
        return r;
    if (r >= 0)
        r = journal_file_read(r, file, &journal, &length);
    if (r >= 0 && !is_named_after(file, journal->domain))
        r = -EBADMSG;
    if (r >= 0 && journal_check_version(journal, error) < 0)
        return -EBADMSG;
    /* What is appended next must not continue a line that was never finished. */
    if (r >= 0 && ftruncate(journal->fd, (off_t)length) < 0)
        r = -errno;
    if (is_damage(r) && set_aside(directory, file, error))
        return -EBADMSG;
    if (r < 0)
        return unusable(r, file, error);
    *ret = take_pointer(journal);
    return 0;
}

static int unwritable(int r, struct error *error) {
    return error_set(error, -r, "no journal can be written in %s: %s", JOURNAL_DIRECTORY,
                     strerror(-r));
}

/* Writes the new journal, which gets its name when it is whole: until then it is nowhere, and
 * nothing is left of it when the hook is killed. */
static int write_new(int directory, const struct journal_head *head, const char *file, int *ret) {
    _cleanup_close_ int fd =
        openat(directory, ".", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    char path[32];
    int r;

    if (fd < 0)
        return -errno;
    r = lock_take(fd, 0);
    if (r >= 0)
        r = journal_file_write_head(fd, head);
    if (r >= 0)
        r = journal_file_write_daemon(fd, head->daemon);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (r >= 0 && linkat(AT_FDCWD, path, directory, file, AT_SYMLINK_FOLLOW) < 0)
        r = -errno;
    if (r < 0)
        return r;
    *ret = take_fd(&fd);
    return 0;
}

/* Of the claims that the other VM has, the one that was made first: a device before its group, and
 * the VM's own before what is taken along. */
static const struct claim *find_conflict(const struct journal *other, const struct claims *claims) {
    const struct claim *first = NULL;

    for (size_t i = 0; i < json_object_array_length(other->claims); i++) {
        struct json_object *what = json_object_array_get_idx(other->claims, i);
        const struct claim *claim = json_object_is_type(what, json_type_string)
                                        ? claims_conflict(claims, json_object_get_string(what))
                                        : NULL;

        if (claim && (!first || claim->rank < first->rank))
            first = claim;
    }
    return first;
}

/* What becomes of a journal that cannot be read: it goes to the log; or it is set aside, and ends
 * it all where that cannot be; or the same is done as far as nothing is changed by it. */
enum unreadable {
    UNREADABLE_LOGGED,
    UNREADABLE_SET_ASIDE,
    UNREADABLE_FORESEEN,
};

static bool is_set_aside(int directory, const char *file, enum unreadable unreadable,
                         struct error *error) {
    if (unreadable == UNREADABLE_SET_ASIDE)
        return set_aside(directory, file, error);
    return unreadable == UNREADABLE_FORESEEN && !has_qemu(file);
}

/* Visits all journals but `own_file`'s. */
static int visit_all(int directory, const char *own_file, enum unreadable unreadable,
                     int (*visit)(struct journal *journal, void *data), void *data,
                     struct error *error) {
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    _cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (!entries) {
        r = -errno;
        close_descriptor(&fd);
        return error_set(error, -r, "%s cannot be listed: %s", JOURNAL_DIRECTORY, strerror(-r));
    }
    for (struct dirent *entry = file_next_entry(entries, &r); entry && r == 0;
         entry = file_next_entry(entries, &r)) {
        _cleanup_journal_ struct journal *journal = NULL;
        _cleanup_error_ struct error unread = {0};
        size_t length;

        if (entry->d_name[0] == '.' || (own_file && strcmp(entry->d_name, own_file) == 0))
            continue;
        r = open_journal(directory, entry->d_name);
        if (r >= 0)
            r = journal_file_read(r, entry->d_name, &journal, &length);
        if (is_damage(r) && is_set_aside(directory, entry->d_name, unreadable, &unread))
            r = -ENOENT;
        else if (r >= 0 && !is_named_after(entry->d_name, journal->domain))
            r = -EBADMSG;
        if (r >= 0)
            r = visit(journal, data);
        else if (r != -ENOENT && unreadable != UNREADABLE_LOGGED)
            return unusable(r, entry->d_name, error);
        else if (r != -ENOENT)
            unusable(r, entry->d_name, &unread);
        if (unread.code)
            log_warning("%s", error_text(&unread));
        if (r < 0)
            r = 0;
    }
    return r;
}

int journal_for_each(int directory, int (*visit)(struct journal *journal, void *data), void *data) {
    _cleanup_error_ struct error error = {0};

    return visit_all(directory, NULL, UNREADABLE_LOGGED, visit, data, &error);
}

/* A search for who has one of the claims. */
struct holder_search {
    const struct claims *claims;
    bool (*is_passed_over)(struct journal *journal, void *data);
    void *data;
    char **holder;
    const struct claim **conflict;
};

static int look_for_claims(struct journal *journal, void *data) {
    const struct holder_search *search = data;

    if (search->is_passed_over && search->is_passed_over(journal, search->data))
        return 0;
    *search->conflict = find_conflict(journal, search->claims);
    if (!*search->conflict)
        return 0;
    *search->holder = take_pointer(journal->domain);
    return JOURNAL_CONFLICT;
}

static bool is_by_hand(struct journal *journal, _unused_ void *data) {
    struct pci_address device;

    return journal_is_by_hand(journal->domain, &device);
}

/* Looks for one of the claims in all journals but the domain's own. What a journal claims that
 * cannot be read nobody knows: better no start than one device in two VMs. By hand a group may be
 * taken device by device: each has its own journal. */
static int find_holder(int directory, const struct claims *claims, const char *domain,
                       const char *own_file, char **holder, const struct claim **conflict,
                       struct error *error) {
    struct pci_address device;
    struct holder_search search = {
        .claims = claims,
        .is_passed_over = journal_is_by_hand(domain, &device) ? is_by_hand : NULL,
        .holder = holder,
        .conflict = conflict,
    };

    return visit_all(directory, own_file, UNREADABLE_SET_ASIDE, look_for_claims, &search, error);
}

int journal_compare(int directory, const char *domain, const struct claims *claims,
                    bool (*is_passed_over)(struct journal *journal, void *data), void *data,
                    char **holder, const struct claim **conflict, struct error *error) {
    struct holder_search search = {claims, is_passed_over, data, holder, conflict};
    _cleanup_free_ char *own_file = text_escape_file_name(domain);

    if (!own_file)
        return error_oom(error);
    return visit_all(directory, own_file, UNREADABLE_FORESEEN, look_for_claims, &search, error);
}

char *journal_find_holder(int directory, const struct claims *claims, const char *domain) {
    _cleanup_error_ struct error unread = {0};
    const struct claim *conflict;
    char *holder = NULL;

    if (journal_compare(directory, domain, claims, NULL, NULL, &holder, &conflict, &unread) !=
        JOURNAL_CONFLICT)
        return NULL;
    return holder;
}

static struct journal *new_journal(const struct journal_head *head, const char *file, int fd) {
    struct journal *journal = calloc(1, sizeof *journal);
    struct pci_address device;

    if (!journal)
        return NULL;
    *journal = (struct journal){
        .fd = fd,
        .file = strdup(file),
        .domain = strdup(head->domain),
        .version = journal_is_by_hand(head->domain, &device) ? JOURNAL_VERSION : JOURNAL_VERSION_VM,
        .timeout = head->timeout,
        .daemon = head->daemon,
    };
    if (journal->file && journal->domain)
        return journal;
    journal->fd = -1;
    journal_free(journal);
    return NULL;
}

static int create_locked(int directory, const struct journal_head *head, const char *file,
                         struct journal **ret, char **holder, const struct claim **conflict,
                         struct error *error) {
    _cleanup_close_ int fd = -1;
    int r = find_holder(directory, head->claims, head->domain, file, holder, conflict, error);

    if (r != 0)
        return r;
    r = write_new(directory, head, file, &fd);
    if (r == -EEXIST)
        return error_set(error, EBUSY, "another hook is at work for this VM: try again");
    if (r < 0)
        return unwritable(r, error);
    *ret = new_journal(head, file, fd);
    if (!*ret) {
        unlinkat(directory, file, 0);
        return error_oom(error);
    }
    take_fd(&fd);
    return 0;
}

static int lock_directory(int directory, uint64_t deadline, struct error *error) {
    int r = lock_take(directory, deadline);

    if (r == -EWOULDBLOCK)
        return error_set(error, EBUSY, "too many hooks are at work at once: try again");
    return r < 0 ? unwritable(r, error) : 0;
}

int journal_create(int directory, const struct journal_head *head, uint64_t deadline,
                   struct journal **ret, char **holder, const struct claim **conflict,
                   struct error *error) {
    _cleanup_free_ char *file = text_escape_file_name(head->domain);
    int r;

    if (!file)
        return error_oom(error);
    if (strlen(file) > NAME_MAX)
        return error_set(error, ENAMETOOLONG,
                         "the VM's name is too long for a file name: rename it");
    r = lock_directory(directory, deadline, error);
    if (r < 0)
        return r;
    r = create_locked(directory, head, file, ret, holder, conflict, error);
    flock(directory, LOCK_UN);
    return r;
}

static int replace_claims(struct journal *journal, const struct claims *claims,
                          struct error *error) {
    int r = journal_file_write_claims(journal->fd, claims);

    return r < 0 ? unwritable(r, error) : 0;
}

int journal_claim(int directory, struct journal *journal, const struct claims *claims,
                  uint64_t deadline, char **holder, const struct claim **conflict,
                  struct error *error) {
    int r = lock_directory(directory, deadline, error);

    if (r < 0)
        return r;
    r = find_holder(directory, claims, journal->domain, journal->file, holder, conflict, error);
    if (r == 0)
        r = replace_claims(journal, claims, error);
    flock(directory, LOCK_UN);
    return r;
}

int journal_settle(struct journal *journal, struct error *error) {
    return replace_claims(journal, &(const struct claims){0}, error);
}

int journal_write_steps(struct journal *journal, struct steps *steps, struct error *error) {
    int r = journal_file_write_steps(journal->fd, steps);

    if (r < 0)
        return unwritable(r, error);
    return steps_move(&journal->steps, steps) < 0 ? error_oom(error) : 0;
}

int journal_stamp(struct journal *journal, struct process daemon, struct error *error) {
    int r = journal_file_write_daemon(journal->fd, daemon);

    return r < 0 ? unwritable(r, error) : 0;
}

int journal_release(struct journal *journal, struct error *error) {
    int r = journal_file_write_released(journal->fd);

    return r < 0 ? unwritable(r, error) : 0;
}

void journal_remove(int directory, struct journal *journal) {
    int r = lock_is_current(directory, journal->file, journal->fd);

    /* Only its own: by now the name may be that of another hook's journal. */
    if (r > 0 && unlinkat(directory, journal->file, 0) < 0)
        r = -errno;
    if (r < 0)
        log_warning("the journal %s cannot be removed: %s", journal->file, strerror(-r));
}

void journal_free(struct journal *journal) {
    if (!journal)
        return;
    close_descriptor(&journal->fd);
    json_object_put(journal->claims);
    steps_done(&journal->steps);
    free(journal->file);
    free(journal->domain);
    free(journal);
}
