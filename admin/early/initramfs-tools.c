/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "initramfs-tools.h"

#include "booster.h"
#include "mkinitcpio.h"

#define COMMAND(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Of several the first: distributions wrap what is below by what is above. */
static const struct initramfs_tool tools[] = {
    {COMMAND("/usr/sbin/update-initramfs", "-u", "-k", "all"), NULL, NULL},
    {COMMAND("/usr/bin/mkinitcpio", "-P"), mkinitcpio_prepare, NULL},
    {COMMAND("/usr/sbin/mkinitcpio", "-P"), mkinitcpio_prepare, NULL},
    {COMMAND("/usr/lib/booster/regenerate_images"), booster_prepare, BOOSTER_NOTE},
    {COMMAND("/usr/bin/dracut", "--regenerate-all", "--force"), NULL, NULL},
    {COMMAND("/usr/sbin/dracut", "--regenerate-all", "--force"), NULL, NULL},
};

const struct initramfs_tool *initramfs_tool_find(void) {
    for (size_t i = 0; i < ELEMENTS(tools); i++)
        if (access(tools[i].arguments[0], X_OK) == 0)
            return &tools[i];
    return NULL;
}
