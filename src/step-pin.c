/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On which CPUs the threads of a VM run. The step is made at prepare, so that it is known which
 * CPUs the VM takes; its own threads are pinned when they are there, and those of other VMs make
 * room for it.
 */

#include "step-pin.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "affinity.h"
#include "json-record.h"
#include "plan-cpu.h"
#include "step-cpus.h"
#include "summed.h"
#include "text.h"

static const char *const group_names[THREAD_GROUPS] = {
    [THREADS_VCPU] = "vcpus",
    [THREADS_IOTHREAD] = "iothreads",
    [THREADS_EMULATOR] = "emulator",
};

static const char *const scheduler_names[] = {
    [SCHEDULER_NONE] = "none",
    [SCHEDULER_FIFO] = "fifo",
    [SCHEDULER_RR] = "rr",
    [SCHEDULER_NICE] = "nice",
};

/* ---- the data ------------------------------------------------------------------------------ */

/* Lists by number, "" for those that are left alone. */
static struct json_object *lists_to_json(const struct cpulist *lists, size_t count) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < count; i++) {
        _cleanup_free_ char *list = cpulist_format(&lists[i]);

        if (!list || !json_append(array, json_object_new_string(list))) {
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

static struct json_object *sched_to_json(const struct policy_sched *sched) {
    _cleanup_json_ struct json_object *object = json_object_new_object();

    for (size_t i = 0; object && i < THREAD_GROUPS; i++) {
        _cleanup_free_ char *text =
            text_format("%s:%d", scheduler_names[sched[i].scheduler], sched[i].value);

        if (sched[i].scheduler == SCHEDULER_NONE)
            continue;
        if (!text || !json_add(object, group_names[i], json_object_new_string(text)))
            return NULL;
    }
    return take_pointer(object);
}

struct json_object *step_pin_new(const char *domain, const struct cpu_plan *plan,
                                 const struct policy_cpu *policy) {
    _cleanup_json_ struct json_object *data = step_cpus_new(domain, &plan->own);

    if (!data || !json_add(data, "vcpus", lists_to_json(plan->vcpus, plan->n_vcpus)) ||
        !json_add(data, "iothreads", lists_to_json(plan->iothreads, plan->n_iothreads)) ||
        !json_add(data, "emulator", lists_to_json(&plan->emulator, 1)) ||
        !json_add(data, "sched", sched_to_json(policy->sched)) ||
        !json_add(data, "strict", json_object_new_boolean(policy->pin_strict)) ||
        !json_add(data, "alone", json_object_new_boolean(policy->isolate)) ||
        !json_add(data, "auto", json_object_new_boolean(plan->chosen)))
        return NULL;
    return take_pointer(data);
}

static bool lists_valid(struct json_object *lists) {
    if (!json_object_is_type(lists, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(lists); i++) {
        struct json_object *list = json_object_array_get_idx(lists, i);
        struct cpulist cpus;

        if (!json_object_is_type(list, json_type_string) ||
            cpulist_parse(json_object_get_string(list), &cpus) < 0)
            return false;
    }
    return true;
}

static bool valid(struct json_object *data) {
    for (size_t i = 0; i < THREAD_GROUPS; i++)
        if (!lists_valid(json_object_object_get(data, group_names[i])))
            return false;
    return step_cpus_valid(data) &&
           json_object_is_type(json_object_object_get(data, "sched"), json_type_object);
}

static char *describe(struct json_object *data, bool undo) {
    _cleanup_free_ char *domain = text_printable(json_string(data, "domain"));

    if (!domain)
        return NULL;
    return text_format(undo ? "letting other VMs run on the CPUs of VM %s again"
                            : "pinning the threads of VM %s",
                       domain);
}

bool step_pin_is_strict(const struct step *step) {
    return json_object_get_boolean(json_object_object_get(step->data, "strict"));
}

/* ---- at started ---------------------------------------------------------------------------- */

/* The list for a thread; NULL when it is left alone. iothreads are numbered from 1. */
static const char *find_list(struct json_object *data, const struct qemu_thread *thread) {
    struct json_object *lists = json_object_object_get(data, group_names[thread->group]);
    size_t index = thread->group == THREADS_VCPU       ? thread->number
                   : thread->group == THREADS_IOTHREAD ? (size_t)thread->number - 1
                                                       : 0;
    const char *list = json_object_get_string(json_object_array_get_idx(lists, index));

    return list && *list ? list : NULL;
}

static int pin(struct json_object *data, const struct qemu_thread *thread, const char **ret_list) {
    struct cpulist cpus;
    int r;

    *ret_list = find_list(data, thread);
    if (!*ret_list)
        return 0;
    r = cpulist_parse(*ret_list, &cpus);
    return r < 0 ? r : affinity_set(thread->id, &cpus);
}

static int schedule(struct json_object *data, const struct qemu_thread *thread,
                    const char **ret_wanted) {
    struct json_object *all = json_object_object_get(data, "sched");
    const char *wanted = json_string(all, group_names[thread->group]);
    struct sched_param param = {0};
    char name[8];
    int value;

    *ret_wanted = wanted;
    if (!wanted || sscanf(wanted, "%7[a-z]:%d", name, &value) != 2)
        return 0;
    if (strcmp(name, scheduler_names[SCHEDULER_NICE]) == 0)
        return setpriority(PRIO_PROCESS, (id_t)thread->id, value) < 0 ? -errno : 0;
    param.sched_priority = value;
    return sched_setscheduler(thread->id, strcmp(name, "rr") == 0 ? SCHED_RR : SCHED_FIFO, &param) <
                   0
               ? -errno
               : 0;
}

static const char *name_thread(const struct qemu_thread *thread, char ret[static 48]) {
    if (thread->group == THREADS_VCPU)
        snprintf(ret, 48, "vCPU %u", thread->number);
    else if (thread->group == THREADS_IOTHREAD)
        snprintf(ret, 48, "iothread %u", thread->number);
    else
        snprintf(ret, 48, "thread %d of the emulator", thread->id);
    return ret;
}

/* Keeps the first of several. A thread that has ended meanwhile misses nothing. */
static void collect(int r, const struct qemu_thread *thread, const char *what, const char *value,
                    struct error *error) {
    char name[48];

    if (r < 0 && r != -ESRCH && !error->code)
        error_set(error, -r, "%s cannot be %s %s: %s", name_thread(thread, name), what, value,
                  strerror(-r));
}

int step_pin_assert(const struct step *step, pid_t qemu, struct error *error) {
    _cleanup_free_ struct qemu_thread *threads = NULL;
    size_t count;
    int r = qemu_threads(qemu, &threads, &count);

    if (r < 0)
        return error_set(error, -r, "the threads of QEMU (process %d) cannot be listed: %s", qemu,
                         strerror(-r));
    for (size_t i = 0; i < count; i++) {
        const char *value;

        r = pin(step->data, &threads[i], &value);
        collect(r, &threads[i], "pinned to CPUs", value, error);
        r = schedule(step->data, &threads[i], &value);
        collect(r, &threads[i], "scheduled as", value, error);
    }
    return -error->code;
}

/* ---- at prepare, and when the VM has ended ------------------------------------------------- */

/* Its own threads are not there: this is about those of other VMs. */
static int apply(_unused_ struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_threads, &step_kind_pin, NULL, deadline, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_threads, &step_kind_pin, json_string(data, "domain"), deadline,
                       error);
}

const struct step_kind step_kind_pin = {
    .name = "pin",
    .who = "the kernel",
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
