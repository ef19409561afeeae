/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Random histories of VMs that share one machine, and a model that knows what the machine has to be
 * like after each step. The model is made of what VMs want and of what the machine was like before;
 * of the hook it knows only what it promises. Some VMs are in limbo: their hook, their QEMU or
 * their daemon was killed, and nobody can tell how far they came; then either is right.
 */

#include "cpumask.h"

#define VMS 5
#define VCPUS_MAX 8
#define NODES_MAX 8
#define SIZES_MAX 2
#define HOOK "/etc/libvirt/hooks/qemu"
#define JOURNALS "/run/hostdevctl"

/* ---- what a VM wants, and has ---------------------------------------------------------------- */

enum pin { PIN_NONE, PIN_AUTO, PIN_MAP, PIN_XML };

struct wish {
    enum pin pin;
    unsigned vcpus;
    unsigned map[VCPUS_MAX]; /* the CPU of each, for PIN_MAP and PIN_XML */
    bool isolate, move_irqs;
    const char *governor, *preference; /* or NULL */
    int latency;                       /* -1: none */
    size_t size;                       /* of huge pages: an index of host.sizes */
    unsigned long pages;               /* 0: none */
    unsigned nodes;                    /* bits */
    const char *device;                /* or NULL */
};

enum state { OFF, RUNS, LIMBO };

struct vm {
    char name[8];
    enum state state;
    struct wish wish;
    struct cpumask cpus;                                 /* of its vCPUs */
    unsigned long obtained[NODES_MAX], taken[NODES_MAX]; /* huge pages of its size */
    long shortage; /* of huge pages when it starts; -1: not known */
    pid_t qemu;    /* 0: none */
};

/* ---- the machine ----------------------------------------------------------------------------- */

enum kind { GOVERNOR, PREFERENCE, LATENCY, WORKQUEUE, IRQ, CGROUP, PAGES, DEVICE, KINDS };

/* Whose value it is: the sum's, a stranger's, or either. */
enum owner { SUMMED, STRANGERS, EITHER };

struct item {
    enum kind kind;
    char name[64];           /* "cpu 5", "irq 40", "system.slice" */
    unsigned number;         /* of the CPU, the interrupt (DEFAULT_IRQ: of new ones), the node */
    size_t size;             /* of huge pages */
    bool fixed;              /* nothing changes it: an interrupt that the kernel manages */
    struct cpumask governed; /* what has the same governor */
    char *boot, *baseline, *now;
    enum owner owner;
    char *before; /* the baseline before a stranger came */
};

#define DEFAULT_IRQ UINT32_MAX

struct host {
    struct item *items;
    size_t count;
    struct cpumask online;
    struct cpumask cores[CPUMASK_BITS]; /* that have these CPUs */
    unsigned long sizes[SIZES_MAX];     /* KiB */
    size_t n_sizes, n_nodes;
    unsigned long reserved[SIZES_MAX]; /* by programs */
    const char **devices;
    size_t n_devices;
};

/* What happens in a history; in some often, in others never: so that rare things meet. */
enum habit {
    AUTO,
    ISOLATE,
    MOVE_IRQS,
    SET_GOVERNOR,
    SET_PREFERENCE,
    LIMIT_LATENCY,
    RESERVE_PAGES,
    TAKE_DEVICE,
    SIDE_BY_SIDE,
    KILL,
    HABITS
};

/* All that a history needs. `failure` is the first thing that was wrong. */
struct history {
    const char *machine;
    struct host host;
    struct vm vms[VMS];
    uint64_t random;
    unsigned habits[HABITS]; /* in so many of four cases */
    struct text steps, failure;
};

void wrong(struct history *history, const char *format, ...) _printf_(2, 3);

/* A number below `below`, the next of the seed's; one_in: true that seldom. */
unsigned pick(struct history *history, unsigned below);
bool one_in(struct history *history, unsigned times);
bool is_habit(struct history *history, enum habit habit);

/* ---- history-host.c -------------------------------------------------------------------------- */

void host_boot(struct host *host);
void host_look(struct host *host);
struct item *host_pool(const struct host *host, size_t size, unsigned node);
unsigned long host_free_pages(const struct host *host, size_t size, unsigned node);

/* Writes as anybody else would, not the hook. False when there is no way to. */
bool host_write(const struct host *host, const struct item *item, const char *value);
void host_control(const char *format, ...) _printf_(1, 2);

/* ---- history-model.c ------------------------------------------------------------------------- */

/* Compares the machine with what it has to be. */
void model_check(struct history *history);

/* To be called when VMs have stopped: what strangers wrote becomes the baseline where no VM has a
 * say any more. */
void model_settle(struct history *history);

/* A stranger has changed it to what it is now. */
void model_note_stranger(struct history *history, struct item *item);

/* Whether a VM may be refused, with this message. */
bool model_may_refuse(const struct history *history, const struct vm *vm, const char *message);

/* ---- history-vm.c ---------------------------------------------------------------------------- */

void vm_wish(struct history *history, struct vm *vm);
void vm_write(const struct history *history, const struct vm *vm);
char *vm_describe(const struct history *history, const struct vm *vm);
void vm_qemu_start(struct history *history, struct vm *vm);
void vm_qemu_kill(const struct history *history, struct vm *vm);
/* Once it has started: which CPUs and pages it got. */
void vm_see_grants(struct history *history, struct vm *vm);
/* When nobody knows: what its journal says, which limits what may be. */
void vm_read_journal(struct vm *vm);
/* Whether its threads are where they should be. */
void vm_check_threads(struct history *history, const struct vm *vm);

/* ---- history-steps.c ------------------------------------------------------------------------- */

void steps_take_one(struct history *history);
/* All VMs end, also those in limbo. */
void steps_stop_all(struct history *history);

/* ---- history-daemon.c ------------------------------------------------------------------------ */

/* Kill the hook: never; it and all its workers; it alone. */
enum kill { SPARE, KILL_ALL, KILL_HOOK };

#define CALLS_MAX 3

struct call {
    char vm[8], operation[16];
    enum kill kill;
    unsigned when; /* at which of its system calls that change something */
    int status;
    bool killed;
    uint64_t usec;
};

void daemon_start(void);
void daemon_kill(void);
/* Makes calls side by side; at most one of them is to be killed. */
void daemon_call(struct call *calls, size_t count);
char *daemon_message(const char *vm);
