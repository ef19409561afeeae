/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world-task.h"

#include <pthread.h>
#include <string.h>

struct fault {
    struct fault *next;
    char *call;
    pid_t tid;
    int error;
    unsigned times; /* 0: for ever */
};

static struct fault *faults;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void remove_fault(struct fault **place) {
    struct fault *fault = *place;

    *place = fault->next;
    free(fault->call);
    free(fault);
}

void scheduler_fail(const char *call, pid_t tid, int error, unsigned times) {
    struct fault *fault = new_zeroed(1, sizeof *fault);

    *fault = (struct fault){.call = new_string(call), .tid = tid, .error = error, .times = times};
    pthread_mutex_lock(&lock);
    fault->next = faults;
    faults = fault;
    pthread_mutex_unlock(&lock);
}

void scheduler_reset(void) {
    pthread_mutex_lock(&lock);
    while (faults)
        remove_fault(&faults);
    pthread_mutex_unlock(&lock);
}

static int take_fault(const char *call, pid_t tid) {
    for (struct fault **place = &faults; *place; place = &(*place)->next) {
        struct fault *fault = *place;
        int error = fault->error;

        if (strcmp(fault->call, call) != 0 || (fault->tid != 0 && fault->tid != tid))
            continue;
        if (fault->times > 0 && --fault->times == 0)
            remove_fault(place);
        return error;
    }
    return 0;
}

int scheduler_fault(const char *call, pid_t tid) {
    int error;

    pthread_mutex_lock(&lock);
    error = take_fault(call, tid);
    pthread_mutex_unlock(&lock);
    return error;
}
