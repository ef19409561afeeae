/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPUs that serve interrupts (kernel Documentation/core-api/irq/irq-affinity.rst). An item is
 * an interrupt with its actions, "24 nvme0q1", for numbers are used again; or "default", where
 * those go that come later; or "irqbalance", whose value are the CPUs that it is to leave alone.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "irqbalance.h"
#include "json-record.h"
#include "log.h"
#include "summed.h"
#include "text.h"

#define PROC_IRQ "/proc/irq"
#define SYS_IRQ "/sys/kernel/irq"
#define DEFAULT "default"
#define IRQBALANCE "irqbalance"
#define ACTIONS_MAX 512

static int read_actions(unsigned irq, char ret[static ACTIONS_MAX]) {
    char path[64];
    ssize_t length;

    snprintf(path, sizeof path, SYS_IRQ "/%u/actions", irq);
    length = file_read_line_at(AT_FDCWD, path, ret, ACTIONS_MAX);
    return length < 0 ? (int)length : 0;
}

/* An interrupt without action concerns nobody now, and one of a VM is welcome where the VM is. */
static bool is_hosts(const char *actions) {
    return *actions && strncmp(actions, "vfio", strlen("vfio")) != 0;
}

/* The names of the interrupts there are: one that is not among them is not what it was. */
static int open_context(_unused_ uint64_t deadline, void **ret, struct error *error) {
    *ret = json_object_new_object();
    return *ret ? 0 : error_oom(error);
}

static void close_context(void *context) {
    json_object_put(context);
}

static int list_irq(struct json_object *names, unsigned irq, struct summed *summed) {
    char actions[ACTIONS_MAX];
    _cleanup_free_ char *item = NULL;
    int r = read_actions(irq, actions);

    /* What cannot be read now is not gone: its CPUs still have to be given back. */
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!is_hosts(actions))
        return 0;
    item = text_format("%u %s", irq, actions);
    if (!item || json_object_object_add(names, item, NULL) < 0)
        return -ENOMEM;
    return summed_add(summed, item);
}

static int list(void *context, struct summed *summed) {
    _cleanup_closedir_ DIR *irqs = opendir(PROC_IRQ);
    int r = irqs || errno == ENOENT ? 0 : -errno;

    /* First where new ones go, and who would move them back. */
    if (r >= 0)
        r = summed_add(summed, DEFAULT);
    if (r >= 0)
        r = summed_add(summed, IRQBALANCE);
    for (struct dirent *entry = irqs ? file_next_entry(irqs, &r) : NULL; entry && r >= 0;
         entry = file_next_entry(irqs, &r)) {
        unsigned irq;

        if (sscanf(entry->d_name, "%u", &irq) == 1)
            r = list_irq(context, irq, summed);
    }
    return r;
}

/* The number of an item that still is the interrupt it was. */
static int find(struct json_object *names, const char *item, unsigned *ret) {
    if (sscanf(item, "%u ", ret) != 1)
        return -EINVAL;
    return json_object_object_get_ex(names, item, NULL) ? 0 : -ENOENT;
}

static int read_cpus(struct json_object *names, const char *item, struct cpulist *ret) {
    char path[64], text[4096];
    unsigned irq;
    ssize_t length;
    int r;

    if (strcmp(item, IRQBALANCE) == 0)
        return irqbalance_read_banned(ret);
    if (strcmp(item, DEFAULT) == 0) {
        length = file_read_line_at(AT_FDCWD, PROC_IRQ "/default_smp_affinity", text, sizeof text);
        return length < 0 ? (int)length : cpulist_parse_mask(text, ret);
    }
    r = find(names, item, &irq);
    if (r < 0)
        return r;
    snprintf(path, sizeof path, PROC_IRQ "/%u/smp_affinity_list", irq);
    length = file_read_line_at(AT_FDCWD, path, text, sizeof text);
    return length < 0 ? (int)length : cpulist_parse(text, ret);
}

static int read_irq(void *context, const char *item, char **ret) {
    struct cpulist cpus;
    int r = read_cpus(context, item, &cpus);

    if (r == -EPROTO && strcmp(item, IRQBALANCE) == 0) {
        log_notice(
            "irqbalance cannot be asked to leave the VM's CPUs alone: it speaks in another way "
            "than is known here");
        return -ENOENT;
    }
    if (r < 0)
        return r;
    *ret = cpulist_format(&cpus);
    return *ret ? 0 : -ENOMEM;
}

static int write_irq(void *context, const char *item, const char *value) {
    _cleanup_free_ char *mask = NULL;
    struct cpulist cpus;
    char path[64];
    unsigned irq;
    int r = cpulist_parse(value, &cpus);

    if (r < 0)
        return r;
    if (strcmp(item, IRQBALANCE) == 0)
        return irqbalance_write_banned(&cpus);
    if (strcmp(item, DEFAULT) == 0) {
        mask = cpulist_format_mask(&cpus);
        return mask ? file_write_at(AT_FDCWD, PROC_IRQ "/default_smp_affinity", mask) : -ENOMEM;
    }
    r = find(context, item, &irq);
    if (r < 0)
        return r;
    snprintf(path, sizeof path, PROC_IRQ "/%u/smp_affinity_list", irq);
    return file_write_at(AT_FDCWD, path, value);
}

static int compute(_unused_ void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    struct cpulist cpus;

    if (shares->count == 0)
        return 0;
    if (!baseline)
        return 1;
    if (cpulist_parse(baseline, &cpus) < 0)
        return -EINVAL;
    if (strcmp(item, IRQBALANCE) == 0) {
        cpulist_add_all(&cpus, &shares->cpus);
        *ret = cpulist_format(&cpus);
    } else if (cpulist_intersects(&cpus, &shares->cpus)) {
        *ret = summed_without(baseline, shares);
    } else {
        return 0;
    }
    return *ret ? 1 : -ENOMEM;
}

/* A new interrupt goes where they go by default; one that lost or got an action is another item,
 * and the same interrupt. */
static bool is_kin(const char *item, const char *other) {
    unsigned irq, its;

    if (sscanf(item, "%u ", &irq) != 1)
        return false;
    return strcmp(other, DEFAULT) == 0 || (sscanf(other, "%u ", &its) == 1 && irq == its);
}

/* irqbalance takes a request up at its next round, some seconds later. */
static bool is_slow(const char *item) {
    return strcmp(item, IRQBALANCE) == 0;
}

const struct summed_kind summed_irqs = {
    .file = ".irqs",
    .what = "the CPUs of interrupt",
    .open = open_context,
    .close = close_context,
    .list = list,
    .read = read_irq,
    .write = write_irq,
    .compute = compute,
    .is_kin = is_kin,
    .is_slow = is_slow,
    .may_refuse = true,
};
