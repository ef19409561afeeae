/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "conf-write.h"
#include "device-text.h"
#include "early-state.h"
#include "early-write.h"
#include "file.h"
#include "say.h"
#include "section-cut.h"
#include "text.h"
#include "verb.h"

#define FILE_MAX ((size_t)1 << 20)

/* What one call is to remove. */
struct request {
    const struct early_state *state;
    const struct pci_address *devices;
    size_t count;
    bool *doomed; /* for each rule of the state */
};

/* ---- what may go ----------------------------------------------------------------------------- */

/* Whether a rule is about this device, reserved or not. */
static bool is_about(const struct early_verdict *verdict, struct pci_address address) {
    const struct early_rule *rule = verdict->rule;

    if (verdict->outcome == EARLY_MISSING)
        return rule->by == EARLY_BY_ADDRESS && pci_address_equal(rule->address, address);
    return pci_address_equal(verdict->address, address);
}

static bool is_to_go(const struct request *request, struct pci_address device) {
    for (size_t i = 0; i < request->count; i++)
        if (pci_address_equal(request->devices[i], device))
            return true;
    return false;
}

/* What is not reserved for itself cannot be taken out for itself. */
static int check_alone(const struct request *request, const struct early_verdict *verdict,
                       struct error *error) {
    const struct early_rule *rule = verdict->rule;
    _cleanup_free_ char *device = device_text(verdict->address),
                        *where = text_format("[%s] in %s", rule->section, rule->file),
                        *others = early_state_others(request->state, rule, request->devices,
                                                     request->count);

    if (!device || !where || !others)
        return error_oom(error);
    if (!is_to_go(request, verdict->device))
        return error_set(error, EPERM,
                         "%s is reserved because of %s, by %s: remove that one, or edit the file",
                         device, PCI_ADDRESS_FORMAT(verdict->device), where);
    return *others ? error_set(error, EPERM,
                               "%s is reserved together with %s, by %s: take that section out of "
                               "the file, and add those that are to stay reserved ('hostdevctl "
                               "early add DEVICE')",
                               device, others, where)
                   : 0;
}

/* Marks the rules that are about a device. */
static int doom(const struct request *request, struct pci_address address, struct error *error) {
    const struct early_state *state = request->state;
    _cleanup_free_ char *device = NULL;
    bool found = false;

    for (size_t i = 0; i < state->plan.count; i++) {
        const struct early_verdict *verdict = &state->plan.verdicts[i];

        if (!is_about(verdict, address))
            continue;
        if (verdict->outcome != EARLY_MISSING && check_alone(request, verdict, error) < 0)
            return -error->code;
        request->doomed[verdict->rule - state->rules.items] = true;
        found = true;
    }
    if (found)
        return 0;
    device = device_text(address);
    return device ? error_set(error, ENOENT,
                              "%s is reserved by no file in " EARLY_DIRECTORY
                              ": 'hostdevctl early list' lists what is",
                              device)
                  : error_oom(error);
}

/* ---- files ----------------------------------------------------------------------------------- */

static int read_text(int directory, const char *name, const char *shown, char **ret, mode_t *mode,
                     struct error *error) {
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t length;
    struct stat st = {0};
    int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : file_read_all(fd, FILE_MAX, ret, &length);

    if (r < 0)
        return error_set(error, -r, "%s cannot be read: %s", shown, strerror(-r));
    *mode = st.st_mode & 07777;
    return 0;
}

/* A file goes that this program wrote, when nothing of anybody else would be left in it. */
static bool is_done_with(const char *text, const char *rest) {
    return strncmp(text, EARLY_WRITE_MARK, strlen(EARLY_WRITE_MARK)) == 0 &&
           section_nothing_but(rest, EARLY_WRITE_MARK);
}

static int remove_file(int directory, const char *path, struct error *error) {
    return unlinkat(directory, strrchr(path, '/') + 1, 0) < 0
               ? error_set(error, errno, "%s cannot be removed: %s", path, strerror(errno))
               : 0;
}

static bool any(const bool *doomed, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (doomed[i])
            return true;
    return false;
}

/* The rules of one file stand next to each other, in the order of its sections. */
static int edit_file(int directory, const struct early_rule *rules, const bool *doomed,
                     size_t count, struct error *error) {
    const char *path = rules[0].file, *name = strrchr(path, '/') + 1;
    _cleanup_free_ char *text = NULL, *rest = NULL;
    mode_t mode = 0;
    int r = read_text(directory, name, path, &text, &mode, error);

    if (r < 0)
        return r;
    /* Not what the rules were read from. */
    if (!text || section_count(text) != count)
        return error_set(error, EBUSY,
                         "%s is being changed, or holds more than it seems: nothing was taken out "
                         "of it; edit it by hand",
                         path);
    rest = section_cut(text, doomed, count);
    if (!rest)
        return error_oom(error);
    r = is_done_with(text, rest) ? remove_file(directory, path, error)
                                 : conf_write_over(directory, name, path, rest, mode, error);
    for (size_t i = 0; i < count && r >= 0; i++)
        if (doomed[i])
            printf("[%s] was taken out of %s\n", rules[i].section, path);
    return r;
}

static int edit_files(const struct early_state *state, const bool *doomed, struct error *error) {
    _cleanup_close_ int directory = conf_write_directory(EARLY_DIRECTORY, error);
    const struct early_rule *rules = state->rules.items;
    int r = directory;

    for (size_t i = 0, end; i < state->rules.count && r >= 0; i = end) {
        for (end = i + 1; end < state->rules.count; end++)
            if (strcmp(rules[end].file, rules[i].file) != 0)
                break;
        if (any(doomed + i, end - i))
            r = edit_file(directory, rules + i, doomed + i, end - i, error);
    }
    return r;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int parse(int argc, char **argv, struct pci_address *devices) {
    if (argc < 2) {
        say_error("early remove: which device? 'hostdevctl early list' lists them");
        return -EINVAL;
    }
    for (int i = 1; i < argc; i++)
        if (pci_address_parse(argv[i], &devices[i - 1]) < 0) {
            say_error("early remove: '%s' is no PCI address: expected something like 0000:05:00.0",
                      argv[i]);
            return -EINVAL;
        }
    return 0;
}

/* How many cannot be removed. */
static int doom_all(const struct request *request) {
    int refused = 0;

    for (size_t i = 0; i < request->count; i++) {
        _cleanup_error_ struct error error = {0};

        if (doom(request, request->devices[i], &error) < 0) {
            say_error("%s", error_text(&error));
            refused++;
        }
    }
    return refused;
}

static int remove_all(const struct pci_address *devices, size_t count, struct error *error) {
    _cleanup_early_state_ struct early_state state = {0};
    _cleanup_free_ bool *doomed = NULL;
    int r = early_state_read(&state, error);

    if (r < 0)
        return r;
    doomed = calloc(state.rules.count + 1, sizeof *doomed);
    if (!doomed)
        return error_oom(error);
    return doom_all(&(struct request){&state, devices, count, doomed}) > 0
               ? -EPERM
               : edit_files(&state, doomed, error);
}

int early_remove_main(int argc, char **argv) {
    _cleanup_free_ struct pci_address *devices = calloc((size_t)argc, sizeof *devices);
    _cleanup_error_ struct error error = {0};

    if (!devices)
        return EXIT_FAILURE;
    if (parse(argc, argv, devices) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl early remove"))
        return EXIT_FAILURE;
    if (remove_all(devices, (size_t)argc - 1, &error) < 0) {
        if (error.code)
            say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    puts("This takes effect at the next boot, after: hostdevctl early update");
    return EXIT_SUCCESS;
}
