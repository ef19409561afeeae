/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include <errno.h>

#include "booster.h"
#include "early-list.h"
#include "early-udev.h"
#include "initramfs-tools.h"
#include "say.h"
#include "tool-run.h"
#include "verb.h"

/* Where no udev listens there is nobody to be told. */
static void reload_udev(void) {
    static const char *const command[] = {"/usr/bin/udevadm", "control", "--reload", NULL};
    _cleanup_error_ struct error error = {0};

    if (access("/run/udev/control", F_OK) == 0 && access(command[0], X_OK) == 0 &&
        tool_run(command, &error) < 0)
        say_warning("udev was not told of the new rules: %s", error_text(&error));
}

static void print_command(const char *const arguments[]) {
    fputs("\nMaking the initramfs anew:", stdout);
    for (size_t i = 0; arguments[i]; i++)
        printf(" %s", arguments[i]);
    putchar('\n');
}

static int run_tool(const struct initramfs_tool *tool, struct error *error) {
    _cleanup_error_ struct error reason = {0};

    print_command(tool->arguments);
    if (tool_run(tool->arguments, &reason) < 0)
        return error_set(error, reason.code,
                         "%s: the next boot may not do what is listed above, but what the "
                         "initramfs was made for before",
                         error_text(&reason));
    if (tool->note)
        puts(tool->note);
    return 0;
}

static int regenerate(const struct early_state *state, struct error *error) {
    const struct initramfs_tool *tool = initramfs_tool_find();
    int r = !tool || tool->prepare != booster_prepare ? booster_forget(error) : 0;

    if (r >= 0 && tool && tool->prepare)
        r = tool->prepare(state, error);
    if (r >= 0)
        r = early_udev_write(&state->rules, &state->plan, error);
    if (r < 0)
        return r;
    reload_udev();
    if (tool)
        return run_tool(tool, error);
    puts("\nThere is no tool on this host that makes an initramfs: at boot "
         "hostdevctl-early.service reserves the devices.");
    return 0;
}

static int update(struct error *error) {
    _cleanup_early_state_ struct early_state state = {0};
    int r = early_state_read(&state, error);

    if (r < 0)
        return r;
    if (state.wrong > 0)
        return error_set(error, EINVAL, "nothing was made anew: correct the mistake%s first",
                         state.wrong > 1 ? "s" : "");
    if (early_list_print(&state) < 0)
        return error_oom(error);
    return regenerate(&state, error);
}

int early_update_main(int argc, _unused_ char **argv) {
    _cleanup_error_ struct error error = {0};

    if (argc > 1) {
        say_error("early update takes no arguments: it does all that is in " EARLY_DIRECTORY);
        return EXIT_USAGE;
    }
    if (say_root_is_needed("hostdevctl early update"))
        return EXIT_FAILURE;
    if (update(&error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
