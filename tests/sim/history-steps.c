/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a history: VMs start and stop, side by side, crash, are killed; strangers come. */
#include "history.h"

#include <string.h>

#define LIMBO_MAX 2
#define SLOW_USEC (8 * USEC_PER_SEC)

/* What happens to a VM. */
enum event { START, STOP };

struct life {
    enum event event;
    struct vm *vm;
    struct call call;
};

/* A VM in this state that has not been picked yet. */
static struct vm *pick_vm(struct history *history, enum state state, const struct life *lives,
                          size_t n_lives) {
    struct vm *found[VMS] = {0};
    unsigned count = 0;

    for (size_t i = 0; i < VMS; i++) {
        bool picked = history->vms[i].state != state;

        for (size_t j = 0; j < n_lives; j++)
            picked |= lives[j].vm == &history->vms[i];
        if (!picked)
            found[count++] = &history->vms[i];
    }
    return count > 0 ? found[pick(history, count)] : NULL;
}

static unsigned count_in(const struct history *history, enum state state) {
    unsigned count = 0;

    for (size_t i = 0; i < VMS; i++)
        count += history->vms[i].state == state;
    return count;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void tell(struct history *history, const struct call *call) {
    static const char *const kills[] = {"", ", killed with its workers", ", killed"};
    _cleanup_free_ char *message = daemon_message(call->vm);

    text_add(&history->steps, "  %s %s = %d%s %s\n", call->operation, call->vm, call->status,
             call->killed ? kills[call->kill] : "", call->status ? message : "");
    if (call->usec > SLOW_USEC)
        wrong(history, "%s %s took %llu ms", call->operation, call->vm,
              (unsigned long long)call->usec / 1000);
}

static struct call new_call(const struct vm *vm, const char *operation) {
    struct call call = {.kill = SPARE};

    snprintf(call.vm, sizeof call.vm, "%s", vm->name);
    snprintf(call.operation, sizeof call.operation, "%s", operation);
    return call;
}

/* A call that has to succeed. */
static void call_one(struct history *history, const struct vm *vm, const char *operation) {
    struct call call = new_call(vm, operation);

    daemon_call(&call, 1);
    tell(history, &call);
    if (call.status != 0)
        wrong(history, "%s of %s failed", operation, vm->name);
}

static void release(struct history *history, struct vm *vm) {
    vm_qemu_kill(history, vm);
    call_one(history, vm, "release");
    vm->state = OFF;
}

/* A new daemon asks about the VMs that run. */
static void crash_daemon(struct history *history) {
    text_add(&history->steps, "  the daemon crashes\n");
    daemon_kill();
    daemon_start();
    for (size_t i = 0; i < VMS; i++)
        if (history->vms[i].state == RUNS)
            call_one(history, &history->vms[i], "reconnect");
}

/* ---- lives, side by side --------------------------------------------------------------------- */

/* How many huge pages have to be added for a VM, when that is certain. */
static long shortage(const struct history *history, const struct vm *vm) {
    const struct host *host = &history->host;
    const struct wish *wish = &vm->wish;
    unsigned long usable = 0;

    /* What the QEMUs of others have mapped the simulation does not tell. */
    for (size_t i = 0; i < VMS; i++)
        if (history->vms[i].state == LIMBO ||
            (history->vms[i].state == RUNS && history->vms[i].wish.pages))
            return -1;
    for (unsigned node = 0; node < host->n_nodes; node++) {
        unsigned long pages = wish->nodes >> node & 1 ? host_free_pages(host, wish->size, node) : 0;

        if (pages > host->reserved[wish->size])
            usable += pages - host->reserved[wish->size];
    }
    return usable < wish->pages ? (long)(wish->pages - usable) : 0;
}

static void begin(struct history *history, struct life *lives, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct vm *vm = lives[i].vm;

        if (lives[i].event == STOP) {
            vm_qemu_kill(history, vm);
            continue;
        }
        vm->shortage = count == 1 ? shortage(history, vm) : -1;
        vm_write(history, vm);
    }
    for (size_t i = 0; i < count; i++)
        if (lives[i].event == START) {
            _cleanup_free_ char *text = vm_describe(history, lives[i].vm);

            text_add(&history->steps, "start %s\n", text);
        } else {
            text_add(&history->steps, "stop %s\n", lives[i].vm->name);
        }
}

static void make_calls(struct history *history, struct life *lives, size_t count) {
    struct call calls[CALLS_MAX];

    for (size_t i = 0; i < count; i++)
        calls[i] = lives[i].call;
    daemon_call(calls, count);
    for (size_t i = 0; i < count; i++) {
        lives[i].call = calls[i];
        tell(history, &calls[i]);
    }
}

/* A hook that was killed: libvirt takes it for a failure, unless it was killed, too. */
static void start_was_killed(struct history *history, struct vm *vm) {
    if (one_in(history, 2)) {
        release(history, vm);
        return;
    }
    vm->state = LIMBO;
    vm_read_journal(vm);
    crash_daemon(history);
}

static void check_refusal(struct history *history, const struct life *life) {
    _cleanup_free_ char *message = daemon_message(life->vm->name);

    if (!model_may_refuse(history, life->vm, message))
        wrong(history, "there is no reason to refuse %s: %s", life->vm->name, message);
}

static void prepared(struct history *history, struct life *lives, size_t count) {
    size_t failed = 0;

    for (size_t i = 0; i < count; i++) {
        struct life *life = &lives[i];

        failed += life->event == START && life->call.status != 0;
        if (life->event != START || life->call.status != 0)
            continue;
        /* Until its QEMU runs. */
        life->vm->state = LIMBO;
        vm_read_journal(life->vm);
    }
    /* Of several each may have stood in the way of another. */
    for (size_t i = 0; i < count && failed == 1; i++)
        if (lives[i].event == START && lives[i].call.status != 0 && !lives[i].call.killed)
            check_refusal(history, &lives[i]);
}

static void stopped(struct history *history, const struct life *life) {
    life->vm->state = life->call.killed ? LIMBO : OFF;
    if (!life->call.killed && life->call.status != 0)
        wrong(history, "release of %s failed", life->vm->name);
}

static void start(struct history *history, struct life *life) {
    struct vm *vm = life->vm;
    enum kill kill = life->call.kill;
    unsigned when = life->call.when;
    bool late = kill != SPARE && !life->call.killed;

    vm_qemu_start(history, vm);
    life->call = new_call(vm, "started");
    life->call.kill = late ? kill : SPARE;
    life->call.when = when;
    daemon_call(&life->call, 1);
    tell(history, &life->call);
    if (life->call.killed) {
        release(history, vm);
        return;
    }
    if (life->call.status != 0)
        wrong(history, "started of %s failed", vm->name);
    vm->state = RUNS;
    host_look(&history->host);
    vm_see_grants(history, vm);
}

static void live(struct history *history, struct life *lives, size_t count, enum kill kill) {
    begin(history, lives, count);
    for (size_t i = 0; i < count; i++)
        lives[i].call = new_call(lives[i].vm, lives[i].event == START ? "prepare" : "release");
    lives[0].call.kill = kill;
    lives[0].call.when = pick(history, 1U << (2 + pick(history, 7)));
    make_calls(history, lives, count);
    if (count > 1)
        host_control("reset");
    prepared(history, lives, count);
    for (size_t i = 0; i < count; i++)
        if (lives[i].event == STOP)
            stopped(history, &lives[i]);
    model_settle(history);
    for (size_t i = 0; i < count; i++)
        if (lives[i].event == START && lives[i].call.status != 0 && !lives[i].call.killed)
            release(history, lives[i].vm);
    for (size_t i = 0; i < count; i++)
        if (lives[i].event == START && lives[i].call.status == 0)
            start(history, &lives[i]);
    for (size_t i = 0; i < count; i++)
        if (lives[i].event == START && lives[i].call.killed &&
            strcmp(lives[i].call.operation, "prepare") == 0)
            start_was_killed(history, lives[i].vm);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* What is added for one VM cannot be told from what another in limbo had. */
static bool pages_are_unclear(const struct history *history, const struct vm *vm) {
    for (size_t i = 0; i < VMS; i++)
        if (&history->vms[i] != vm && history->vms[i].state == LIMBO && history->vms[i].wish.pages)
            return true;
    return false;
}

static struct vm *pick_start(struct history *history, const struct life *lives, size_t count) {
    struct vm *vm = one_in(history, 3) ? pick_vm(history, LIMBO, lives, count) : NULL;

    if (vm && !pages_are_unclear(history, vm))
        return vm;
    vm = pick_vm(history, OFF, lives, count);
    if (!vm)
        return NULL;
    vm_wish(history, vm);
    for (size_t i = 0; i < count; i++)
        if (lives[i].vm->wish.pages)
            vm->wish.pages = 0;
    if (pages_are_unclear(history, vm))
        vm->wish.pages = 0;
    return vm;
}

static void step_lives(struct history *history, bool starting) {
    struct life lives[CALLS_MAX] = {{.event = starting ? START : STOP}};
    bool may_kill = count_in(history, LIMBO) < LIMBO_MAX && is_habit(history, KILL);
    size_t count = 1;

    lives[0].vm = starting ? pick_start(history, NULL, 0) : pick_vm(history, RUNS, NULL, 0);
    if (!lives[0].vm)
        return;
    while (count < CALLS_MAX && is_habit(history, SIDE_BY_SIDE)) {
        struct life *life = &lives[count];

        life->event = one_in(history, 2) ? START : STOP;
        life->vm = life->event == START ? pick_start(history, lives, count)
                                        : pick_vm(history, RUNS, lives, count);
        if (!life->vm)
            break;
        may_kill &= !life->vm->wish.pages;
        count++;
    }
    /* So that they wait for each other. */
    if (count > 1)
        host_control("delay workqueue cpumask %u", pick(history, 40));
    live(history, lives, count, !may_kill ? SPARE : one_in(history, 3) ? KILL_HOOK : KILL_ALL);
}

static void step_crash(struct history *history) {
    struct vm *vm = pick_vm(history, RUNS, NULL, 0);

    if (!vm || count_in(history, LIMBO) >= LIMBO_MAX)
        return;
    text_add(&history->steps, "the QEMU of %s crashes\n", vm->name);
    vm_qemu_kill(history, vm);
    vm->state = LIMBO;
    if (one_in(history, 3))
        crash_daemon(history);
    if (one_in(history, 2))
        release(history, vm);
}

static void step_release(struct history *history) {
    struct vm *vm = pick_vm(history, LIMBO, NULL, 0);

    if (!vm)
        return;
    text_add(&history->steps, "the late end of %s\n", vm->name);
    release(history, vm);
}

/* Some of all CPUs, of which one is online. */
static char *pick_cpus(struct history *history, bool one) {
    const struct cpumask *online = &history->host.online;
    struct cpumask cpus = {0};
    struct text text = {0};
    unsigned first = pick(history, cpumask_count(online)), i = 0;

    for_each_cpu(cpu, online) {
        if (i == first || (!one && one_in(history, 2)))
            cpumask_set(&cpus, cpu);
        i++;
    }
    cpumask_show_list(&cpus, &text);
    return text.data;
}

static char *pick_value(struct history *history, const struct item *item) {
    unsigned long pages = strtoul(item->now, NULL, 10), own = strtoul(item->baseline, NULL, 10),
                  less;

    switch (item->kind) {
    case GOVERNOR:
        return new_string(one_in(history, 2) ? "schedutil" : "powersave");
    case LATENCY:
        return new_format("%u", 5 + pick(history, 100));
    case IRQ:
        return pick_cpus(history, item->number != DEFAULT_IRQ);
    case WORKQUEUE:
    case CGROUP:
        return pick_cpus(history, false);
    case PAGES:
        less = host_free_pages(&history->host, item->size, item->number);
        less = pick(history, 1 + (unsigned)(less < own ? less : own));
        return new_format("%lu", one_in(history, 2) ? pages + pick(history, 50) : pages - less);
    default:
        return new_string(item->now);
    }
}

/* Not what has preferences, too: the kernel changes these with the governor. */
static bool is_strangers_business(const struct history *history, const struct item *item) {
    if (item->fixed || item->kind == DEVICE || item->kind == PREFERENCE)
        return false;
    if (item->kind == GOVERNOR)
        return strcmp(item[1].now, "-") == 0 && strcmp(item->now, "-") != 0;
    if (item->kind == CGROUP)
        return strcmp(item->name, "system.slice") == 0 || strcmp(item->name, "user.slice") == 0;
    return item->kind != PAGES || history->host.sizes[item->size] == 2048;
}

static void note(struct history *history, struct item *item, const char *before) {
    if (strcmp(item->now, before) == 0)
        return;
    text_add(&history->steps, "a stranger changes %s from '%s' to '%s'\n", item->name, before,
             item->now);
    if (item->kind != PAGES) {
        model_note_stranger(history, item);
    } else {
        long own = strtol(item->baseline, NULL, 10) + strtol(item->now, NULL, 10) -
                   strtol(before, NULL, 10);

        free(item->baseline);
        item->baseline = new_format("%ld", own);
    }
}

static void step_stranger(struct history *history) {
    struct host *host = &history->host;
    const struct item *item = &host->items[pick(history, (unsigned)host->count)];
    enum kind kind = (enum kind)pick(history, KINDS);
    _cleanup_free_ char **before = new_zeroed(host->count, sizeof *before);
    _cleanup_free_ char *value = NULL;

    /* Of each kind as often, however many there are. */
    for (unsigned i = 0; i < host->count * 8 && item->kind != kind; i++)
        item = &host->items[pick(history, (unsigned)host->count)];
    if (count_in(history, LIMBO) > 0 || !is_strangers_business(history, item))
        return;
    for (size_t i = 0; i < host->count; i++)
        before[i] = new_string(host->items[i].now);
    value = pick_value(history, item);
    host_write(host, item, value);
    host_look(host);
    for (size_t i = 0; i < host->count; i++) {
        note(history, &host->items[i], before[i]);
        free(before[i]);
    }
}

void steps_take_one(struct history *history) {
    unsigned chance = pick(history, 100);

    if (chance < 45)
        step_lives(history, true);
    else if (chance < 68)
        step_lives(history, false);
    else if (chance < 78)
        step_crash(history);
    else if (chance < 82)
        crash_daemon(history);
    else if (chance < 86)
        step_release(history);
    else
        step_stranger(history);
}

void steps_stop_all(struct history *history) {
    for (struct vm *vm; (vm = pick_vm(history, RUNS, NULL, 0)) && history->failure.length == 0;) {
        struct life life = {.event = STOP, .vm = vm};

        live(history, &life, 1, SPARE);
        model_check(history);
    }
    for (struct vm *vm; (vm = pick_vm(history, LIMBO, NULL, 0)) && history->failure.length == 0;) {
        struct life life = {.event = START, .vm = vm};

        if (one_in(history, 2) && !pages_are_unclear(history, vm))
            live(history, &life, 1, SPARE);
        if (vm->state != OFF)
            release(history, vm);
        model_check(history);
    }
}
