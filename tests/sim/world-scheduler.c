/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls about affinities, policies and priorities, of the machine's own tasks. Those of
 * any other task go on to the real kernel.
 */
#include "world-task.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/resource.h>

/* sched_setattr(2), in its first size. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

struct request {
    const struct seccomp_notif *call;
    struct task task;
    struct text value; /* what the call sets, for the log */
};

static uint64_t argument(const struct request *request, int number) {
    return request->call->data.args[number];
}

static bool fetch(const struct request *request, int number, void *value, size_t size) {
    return memory_read((pid_t)request->call->pid, argument(request, number), value, size) ==
           (ssize_t)size;
}

static bool store(const struct request *request, int number, const void *value, size_t size) {
    return memory_write((pid_t)request->call->pid, argument(request, number), value, size) ==
           (ssize_t)size;
}

/* ---- affinity -------------------------------------------------------------------------------- */

/* The kernel takes a mask of any length, and looks only at the CPUs that it knows. */
static int64_t set_affinity(struct request *request) {
    struct cpumask wanted = {0}, allowed;
    size_t length = (unsigned)argument(request, 1);
    _cleanup_free_ char *list = NULL;

    if (length > sizeof wanted.words)
        length = sizeof wanted.words;
    if (!fetch(request, 2, wanted.words, length))
        return -EFAULT;
    list = cpumask_list(&wanted);
    text_add(&request->value, "%s", *list ? list : "-");
    request->task.affinity = wanted;
    request->task.pinned = true;
    cpuset_allowed(request->task.cgroup, &allowed);
    return cpumask_intersects(&wanted, &allowed) ? 0 : -EINVAL;
}

static int64_t store_affinity(const struct request *request, const struct cpumask *cpus) {
    size_t possible = cpuset_possible(), length = (unsigned)argument(request, 1);
    size_t size = (possible + 63) / 64 * sizeof(uint64_t);

    if (length * 8 < possible || length % sizeof(unsigned long) != 0)
        return -EINVAL;
    if (length < size)
        size = length;
    return store(request, 2, cpus->words, size) ? (int64_t)size : -EFAULT;
}

static int64_t get_affinity(struct request *request) {
    struct cpumask cpus;

    cpuset_of_task(&request->task, &cpus);
    return store_affinity(request, &cpus);
}

/* Of a task that is not the machine's: the real one. Programs learn from their own how large a mask
 * has to be, so it is as large as the machine's, and who may run anywhere may run anywhere there.
 */
static int64_t get_real_affinity(const struct request *request) {
    pid_t tid = (pid_t)argument(request, 0);
    struct cpumask cpus = {0}, anywhere = {0};

    if (sched_getaffinity(tid != 0 ? tid : (pid_t)request->call->pid, sizeof cpus,
                          (cpu_set_t *)cpus.words) != 0)
        return -errno;
    if (sched_getaffinity(0, sizeof anywhere, (cpu_set_t *)anywhere.words) == 0 &&
        memcmp(&cpus, &anywhere, sizeof cpus) == 0)
        cpuset_online(&cpus);
    return store_affinity(request, &cpus);
}

/* ---- policy and priority --------------------------------------------------------------------- */

static int64_t set_policy(struct request *request, int policy, int priority) {
    bool realtime = policy == SCHED_FIFO || policy == SCHED_RR;

    text_add(&request->value, "%s:%d", policy_name(policy) ? policy_name(policy) : "?", priority);
    if (!policy_name(policy) || (realtime ? priority < 1 || priority > 99 : priority != 0))
        return -EINVAL;
    request->task.policy = policy;
    request->task.priority = priority;
    return 0;
}

static int64_t set_scheduler(struct request *request) {
    int32_t priority;

    if (!fetch(request, 2, &priority, sizeof priority))
        return -EFAULT;
    return set_policy(request, (int)argument(request, 1) & ~SCHED_RESET_ON_FORK, priority);
}

static int64_t set_parameters(struct request *request) {
    int32_t priority;

    if (!fetch(request, 1, &priority, sizeof priority))
        return -EFAULT;
    return set_policy(request, request->task.policy, priority);
}

static int64_t get_scheduler(struct request *request) {
    return request->task.policy;
}

static int64_t get_parameters(struct request *request) {
    int32_t priority = request->task.priority;

    return store(request, 1, &priority, sizeof priority) ? 0 : -EFAULT;
}

static int clamp_nice(int nice) {
    return nice < -20 ? -20 : nice > 19 ? 19 : nice;
}

static int64_t set_attributes(struct request *request) {
    struct attributes attributes;
    int64_t r;

    if (!fetch(request, 1, &attributes, sizeof attributes))
        return -EFAULT;
    r = set_policy(request, (int)attributes.policy, (int)attributes.priority);
    if (r == 0 && request->task.priority == 0) {
        request->task.nice = clamp_nice(attributes.nice);
        text_add(&request->value, " nice:%d", request->task.nice);
    }
    return r;
}

static int64_t get_attributes(struct request *request) {
    const struct task *task = &request->task;
    struct attributes attributes = {.size = sizeof attributes,
                                    .policy = (uint32_t)task->policy,
                                    .nice = task->nice,
                                    .priority = (uint32_t)task->priority};

    if (argument(request, 2) < sizeof attributes || argument(request, 3) != 0)
        return -EINVAL;
    return store(request, 1, &attributes, sizeof attributes) ? 0 : -EFAULT;
}

static int64_t set_nice(struct request *request) {
    request->task.nice = clamp_nice((int)argument(request, 2));
    text_add(&request->value, "nice:%d", request->task.nice);
    return 0;
}

/* The system call's own, not the library's: 40 is the best. */
static int64_t get_nice(struct request *request) {
    return 20 - request->task.nice;
}

/* ---- which call, of which task --------------------------------------------------------------- */

static const struct scheduler_call {
    const char *name;
    int64_t (*function)(struct request *request);
    bool sets;
    bool of_kind; /* the first argument says of what kind the second is */
} calls[] = {
    {"sched_setaffinity", set_affinity, true, false},
    {"sched_getaffinity", get_affinity, false, false},
    {"sched_setscheduler", set_scheduler, true, false},
    {"sched_getscheduler", get_scheduler, false, false},
    {"sched_setparam", set_parameters, true, false},
    {"sched_getparam", get_parameters, false, false},
    {"sched_setattr", set_attributes, true, false},
    {"sched_getattr", get_attributes, false, false},
    {"setpriority", set_nice, true, true},
    {"getpriority", get_nice, false, true},
};

size_t scheduler_calls(const char **names, size_t size) {
    for (size_t i = 0; i < ELEMENTS(calls) && i < size; i++)
        names[i] = calls[i].name;
    return ELEMENTS(calls);
}

static const struct scheduler_call *find_call(int number) {
    for (size_t i = 0; i < ELEMENTS(calls); i++)
        if (seccomp_syscall_resolve_name(calls[i].name) == number)
            return &calls[i];
    return NULL;
}

static bool find_task(const struct scheduler_call *call, struct request *request) {
    pid_t tid = (pid_t)argument(request, call->of_kind ? 1 : 0);

    if (call->of_kind && (int)argument(request, 0) != PRIO_PROCESS)
        return false;
    return task_get(tid != 0 ? tid : (pid_t)request->call->pid, &request->task);
}

static int64_t perform(const struct scheduler_call *call, struct request *request) {
    int fault = scheduler_fault(call->name, request->task.tid);
    int64_t r;

    if (call->sets && !is_capable((pid_t)request->call->pid, CAP_SYS_NICE))
        return -EPERM;
    r = call->function(request);
    if (fault != 0)
        r = -fault;
    if (call->sets && r >= 0)
        task_put(&request->task);
    if (call->sets && r != -EFAULT)
        task_log(&request->task, call->name, request->value.data, r);
    return r;
}

bool scheduler_answer(const struct seccomp_notif *notification,
                      struct seccomp_notif_resp *response) {
    const struct scheduler_call *call = find_call(notification->data.nr);
    struct request request = {.call = notification};
    int64_t r;

    if (!call)
        return false;
    if (find_task(call, &request))
        r = perform(call, &request);
    else if (call->function == get_affinity)
        r = get_real_affinity(&request);
    else {
        response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        return true;
    }
    text_free(&request.value);
    response->error = r < 0 ? (int)r : 0;
    response->val = r < 0 ? 0 : r;
    return true;
}
