/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mkinitcpio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "text.h"

#define CONFIGURATION "/etc/mkinitcpio.conf"
#define DROP_INS CONFIGURATION ".d"
#define CONFIGURATION_MAX (1 << 20)

/* What the last HOOKS=(...) of a file says, if there is one, replaces *hooks. Shell in all its
 * variety is not understood; the array that everybody writes is. */
static int take_hooks(int directory, const char *name, char **hooks) {
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    _cleanup_free_ char *text = NULL;
    size_t length;

    if (fd < 0 || file_read_all(fd, CONFIGURATION_MAX, &text, &length) < 0)
        return 0;
    for (char *line = text; line; line = strchr(line, '\n')) {
        char *copy;

        line += strspn(line, " \t\n");
        if (strncmp(line, "HOOKS=(", strlen("HOOKS=(")) != 0)
            continue;
        line += strlen("HOOKS=(");
        copy = strndup(line, strcspn(line, ")"));
        if (!copy)
            return -ENOMEM;
        free(*hooks);
        *hooks = copy;
    }
    return 0;
}

static int take_drop_ins(char **hooks) {
    struct dirent **entries = NULL;
    int count = scandir(DROP_INS, &entries, NULL, alphasort), r = 0;

    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = text_format(DROP_INS "/%s", entries[i]->d_name);

        if (!path)
            r = -ENOMEM;
        else if (r == 0 && entries[i]->d_name[0] != '.')
            r = take_hooks(AT_FDCWD, path, hooks);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static bool has_word(const char *hooks, const char *word) {
    static const char blanks[] = " \t\n\"'";

    for (hooks += strspn(hooks, blanks); *hooks; hooks += strspn(hooks, blanks)) {
        size_t length = strcspn(hooks, blanks);

        if (length == strlen(word) && strncmp(hooks, word, length) == 0)
            return true;
        hooks += length;
    }
    return false;
}

int mkinitcpio_prepare(const struct early_state *state, struct error *error) {
    _cleanup_free_ char *hooks = NULL;
    const char *wanted;
    int r = state->rules.count > 0 ? take_hooks(AT_FDCWD, CONFIGURATION, &hooks) : 0;

    if (r == 0 && state->rules.count > 0)
        r = take_drop_ins(&hooks);
    if (r < 0)
        return error_oom(error);
    if (!hooks)
        return 0;
    wanted = has_word(hooks, "systemd") ? "sd-hostdevctl" : "hostdevctl";
    return has_word(hooks, wanted)
               ? 0
               : error_set(error, EPERM,
                           "mkinitcpio would leave the early binder out: add %s to HOOKS "
                           "in " CONFIGURATION ", then run this again",
                           wanted);
}
