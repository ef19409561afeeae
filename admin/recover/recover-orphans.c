/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover-orphans.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "holdings.h"
#include "json-record.h"
#include "mdev.h"
#include "ownership.h"
#include "say.h"
#include "step-text.h"
#include "text.h"

#define REMOVE_USEC (15 * USEC_PER_SEC)
/* The files that ownership.h keeps. */
#define MDEV "mdev-"
#define VGPU "vgpu-"

void orphans_begin(bool *begun) {
    if (!*begun)
        puts("Of VMs that have no journal any more:");
    *begun = true;
}

static bool claims_it(const struct journal *journal, const char *claim) {
    for (size_t i = 0; i < json_object_array_length(journal->claims); i++) {
        struct json_object *item = json_object_array_get_idx(journal->claims, i);

        if (json_object_is_type(item, json_type_string) &&
            strcmp(json_object_get_string(item), claim) == 0)
            return true;
    }
    return false;
}

/* A VM that found the device there has no step for it, but its claim. */
static bool is_in_journal(const struct journal *journal, const char *claim, const char *key,
                          const char *value) {
    if (journal && journal->claims && claims_it(journal, claim))
        return true;
    for (size_t i = 0; journal && i < journal->steps.count; i++) {
        const char *its = json_string(journal->steps.items[i].data, key);

        if (its && strcmp(its, value) == 0)
            return true;
    }
    return false;
}

/* Also when it cannot be told. */
static bool is_in_any(const struct holdings *holdings, const char *kind, const char *key,
                      const char *value) {
    _cleanup_free_ char *claim = text_format("%s %s", kind, value);
    bool found = !claim;

    for (size_t i = 0; i < holdings->count && !found; i++)
        found = is_in_journal(holdings->items[i].journal, claim, key, value);
    return found;
}

static void tell(void *data, const struct step *step, const struct error *failure) {
    _cleanup_free_ char *text = step_text(step, true);

    orphans_begin(data);
    printf("  %s  %s\n", failure ? "FAILED" : "done  ", text ? text : step->kind->name);
    if (failure)
        say_error("%s", error_text(failure));
    fflush(stdout);
}

/* It is gone: so is what was noted of it. */
static void forget(const char *file) {
    _cleanup_ownership_ struct ownership ownership = {.directory = -1, .file.fd = -1};
    _cleanup_error_ struct error error = {0};

    if (ownership_open(file, now_usec() + USEC_PER_SEC, &ownership, &error) == 0)
        ownership_drop(&ownership);
}

/* Removes it as the VM's own release would have. Whether anything is left. */
static bool remove_mdev(const char *file, bool *begun) {
    const char *uuid = file + strlen(MDEV);
    _cleanup_steps_ struct steps steps = {0};
    _cleanup_error_ struct error error = {0};
    struct mdev mdev;
    int r = mdev_read(uuid, &mdev);

    if (r == -ENOENT) {
        forget(file);
        return false;
    }
    if (r == 0)
        r = steps_add(
            &steps, &step_kind_mdev,
            step_mdev_new(uuid, mdev.type, (const char *const[]){mdev.parent}, 1, NULL, false));
    if (r == 0)
        return steps_undo_and_tell(&steps, now_usec() + REMOVE_USEC, tell, begun, &error) < 0;
    say_error("mediated device %s was created for a VM that has no journal any more, and cannot be "
              "looked at: %s",
              uuid, strerror(-r));
    return true;
}

static bool say_vgpu(const char *file) {
    say_error("%s was made a vGPU for a VM that has no journal any more: write 0 to "
              "nvidia/current_vgpu_type in its directory in /sys, and remove /run/hostdevctl/.%s",
              file + strlen(VGPU), file);
    return true;
}

size_t orphans_remove(int directory, bool *begun) {
    _cleanup_holdings_ struct holdings holdings = {0};
    _cleanup_error_ struct error error = {0};
    size_t left = 0;

    if (holdings_read(directory, &holdings, &error) < 0) {
        say_error("%s", error_text(&error));
        return 1;
    }
    for (size_t i = 0; i < holdings.n_shared; i++) {
        const char *file = holdings.shared[i];

        if (strncmp(file, MDEV, strlen(MDEV)) == 0 &&
            !is_in_any(&holdings, "mdev", "uuid", file + strlen(MDEV)))
            left += remove_mdev(file, begun);
        else if (strncmp(file, VGPU, strlen(VGPU)) == 0 &&
                 !is_in_any(&holdings, "pci", "device", file + strlen(VGPU)))
            left += say_vgpu(file);
    }
    return left;
}
