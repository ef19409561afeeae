/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <string.h>

void fault_clear(struct fault *fault) {
    free(fault->driver);
    *fault = (struct fault){0};
}

static int fail(struct fault *fault) {
    int error = fault->error;

    /* The last of several times: from now on it works. */
    if (error && fault->times > 0 && --fault->times == 0)
        fault->error = 0;
    return -error;
}

int fault_strike(struct model *model, struct caller *caller, struct lock *lock, struct fault *fault,
                 const char *driver) {
    if (fault->driver && (!driver || strcmp(fault->driver, driver) != 0))
        return 0;
    if (fault->delay || fault->hang)
        wait_as_driver(&model->monitor, caller, lock, fault->delay, &fault->hang);
    return fail(fault);
}
