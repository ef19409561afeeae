/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMs of a history: what they want, and their QEMUs. */
#include "history.h"

#include <errno.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cpumask-file.h"

#define PID_FILES "/run/libvirt/qemu"

/* ---- its configuration ----------------------------------------------------------------------- */

static void write_conf(const struct vm *vm) {
    _cleanup_free_ char *path = new_format("/etc/hostdevctl/domains/%s.conf", vm->name);
    _cleanup_fclose_ FILE *file = fopen(path, "we");
    const struct wish *wish = &vm->wish;

    if (!file)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    fprintf(file, "[cpu]\npin =%s",
            wish->pin == PIN_AUTO  ? " auto"
            : wish->pin == PIN_MAP ? ""
                                   : " none");
    for (unsigned i = 0; i < wish->vcpus && wish->pin == PIN_MAP; i++)
        fprintf(file, " %u=%u", i, wish->map[i]);
    fprintf(file, "\nisolate = %s\nirq = %s\n", wish->isolate ? "yes" : "no",
            wish->move_irqs ? "move" : "leave");
    if (wish->governor)
        fprintf(file, "governor = %s\n", wish->governor);
    if (wish->preference)
        fprintf(file, "energy-preference = %s\n", wish->preference);
    if (wish->latency >= 0)
        fprintf(file, "pm-qos = %d\n", wish->latency);
    if (wish->pages)
        fprintf(file, "[memory]\nhugepages = reserve\n");
}

static void write_memory(FILE *file, const struct host *host, const struct wish *wish) {
    const char *comma = "";

    fprintf(file, "<memory unit='KiB'>%lu</memory>\n",
            wish->pages ? wish->pages * host->sizes[wish->size] : 65536);
    if (!wish->pages)
        return;
    fprintf(file, "<memoryBacking><hugepages><page size='%lu' unit='KiB'/></hugepages>",
            host->sizes[wish->size]);
    fprintf(file, "</memoryBacking>\n<numatune><memory mode='strict' nodeset='");
    for (unsigned node = 0; node < host->n_nodes; node++)
        if (wish->nodes >> node & 1) {
            fprintf(file, "%s%u", comma, node);
            comma = ",";
        }
    fprintf(file, "'/></numatune>\n");
}

static void write_device(FILE *file, const char *device) {
    fprintf(file,
            "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
            "<address domain='0x%.4s' bus='0x%.2s' slot='0x%.2s' function='0x%.1s'/>"
            "</source></hostdev>\n",
            device, device + 5, device + 8, device + 11);
}

static void write_xml(const struct host *host, const struct vm *vm) {
    _cleanup_free_ char *path = new_format("/tmp/%s.xml", vm->name);
    _cleanup_fclose_ FILE *file = fopen(path, "we");
    const struct wish *wish = &vm->wish;

    if (!file)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    fprintf(file,
            "<domain type='kvm'>\n<name>%s</name>\n"
            "<uuid>11111111-2222-3333-4444-%012x</uuid>\n<vcpu>%u</vcpu>\n",
            vm->name, (unsigned)vm->name[0], wish->vcpus);
    write_memory(file, host, wish);
    if (wish->pin == PIN_XML) {
        fprintf(file, "<cputune>");
        for (unsigned i = 0; i < wish->vcpus; i++)
            fprintf(file, "<vcpupin vcpu='%u' cpuset='%u'/>", i, wish->map[i]);
        fprintf(file, "</cputune>\n");
    }
    fprintf(file, "<os><type arch='x86_64'>hvm</type></os>\n<devices>\n");
    if (wish->device)
        write_device(file, wish->device);
    fprintf(file, "</devices>\n</domain>\n");
}

/* Some CPU that is online, and those after it. */
static void pick_map(struct history *history, struct wish *wish) {
    const struct cpumask *online = &history->host.online;
    unsigned cpu = 0;

    /* Often one that others have, too. */
    for (unsigned i = pick(history, one_in(history, 2) ? 3 : cpumask_count(online)) + 1; i > 0; i--)
        cpu = cpumask_next(online, cpu + (i > 1));
    for (unsigned i = 0; i < wish->vcpus; i++) {
        wish->map[i] = cpu;
        cpu = cpumask_next(online, cpu + 1);
        if (cpu == CPUMASK_BITS)
            cpu = cpumask_next(online, 0);
    }
}

static void pick_pages(struct history *history, struct wish *wish) {
    const struct host *host = &history->host;

    if (!is_habit(history, RESERVE_PAGES))
        return;
    wish->size = one_in(history, 4) ? 1 : 0;
    wish->pages = wish->size == 0 ? 1 + pick(history, 300) : 1 + pick(history, 2);
    while (wish->nodes == 0)
        wish->nodes = pick(history, 1U << host->n_nodes);
}

void vm_wish(struct history *history, struct vm *vm) {
    static const char *const governors[] = {"performance", "powersave", "schedutil", "ondemand"};
    static const char *const preferences[] = {"performance", "balance_power", "power"};
    const struct host *host = &history->host;
    struct wish *wish = &vm->wish;
    unsigned most = cpumask_count(&host->online) / 4;

    *wish = (struct wish){
        .pin = is_habit(history, AUTO) ? PIN_AUTO : (enum pin)pick(history, 4),
        .vcpus = 1 + pick(history, most > VCPUS_MAX ? VCPUS_MAX : most),
        .isolate = is_habit(history, ISOLATE),
        .move_irqs = is_habit(history, MOVE_IRQS),
        .latency = is_habit(history, LIMIT_LATENCY) ? (int)pick(history, 3) * 10 : -1,
    };
    if (wish->pin == PIN_NONE && !one_in(history, 8))
        wish->isolate = false;
    if (is_habit(history, SET_GOVERNOR))
        wish->governor = governors[pick(history, one_in(history, 8) ? 4 : 2)];
    if (is_habit(history, SET_PREFERENCE))
        wish->preference = preferences[pick(history, ELEMENTS(preferences))];
    if (host->n_devices > 0 && one_in(history, 3) && is_habit(history, TAKE_DEVICE))
        wish->device = host->devices[pick(history, (unsigned)host->n_devices)];
    pick_map(history, wish);
    pick_pages(history, wish);
}

void vm_write(const struct history *history, const struct vm *vm) {
    write_conf(vm);
    write_xml(&history->host, vm);
}

char *vm_describe(const struct history *history, const struct vm *vm) {
    static const char *const pins[] = {"none", "auto", "map", "xml"};
    const struct wish *wish = &vm->wish;
    struct text text = {0};

    text_add(&text, "%s: %u vCPUs, pin=%s", vm->name, wish->vcpus, pins[wish->pin]);
    for (unsigned i = 0; i < wish->vcpus && wish->pin >= PIN_MAP; i++)
        text_add(&text, "%c%u", i ? ',' : ' ', wish->map[i]);
    text_add(&text, "%s%s", wish->isolate ? " isolate" : "", wish->move_irqs ? " irq=move" : "");
    if (wish->governor)
        text_add(&text, " governor=%s", wish->governor);
    if (wish->preference)
        text_add(&text, " energy-preference=%s", wish->preference);
    if (wish->latency >= 0)
        text_add(&text, " pm-qos=%d", wish->latency);
    if (wish->pages)
        text_add(&text, " %lu pages of %lu KiB on nodes 0x%x", wish->pages,
                 history->host.sizes[wish->size], wish->nodes);
    if (wish->device)
        text_add(&text, " %s", wish->device);
    return text.data;
}

/* ---- its QEMU -------------------------------------------------------------------------------- */

static pid_t read_pid(const char *name) {
    _cleanup_free_ char *path = new_format(PID_FILES "/%s.pid", name);
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    int pid;

    return file && fscanf(file, "%d", &pid) == 1 ? pid : 0;
}

/* A vCPU's thread. */
static pid_t find_thread(const struct vm *vm, unsigned vcpu) {
    _cleanup_free_ char *path = new_format("/proc/%d/task", vm->qemu),
                        *wanted = new_format("CPU %u/KVM\n", vcpu);
    _cleanup_closedir_ DIR *threads = opendir(path);

    for (struct dirent *entry = threads ? readdir(threads) : NULL; entry;
         entry = readdir(threads)) {
        _cleanup_free_ char *comm = new_format("%s/%.20s/comm", path, entry->d_name);
        _cleanup_fclose_ FILE *file = entry->d_name[0] == '.' ? NULL : fopen(comm, "re");
        char text[64];

        if (file && fgets(text, sizeof text, file) && strcmp(text, wanted) == 0)
            return (pid_t)strtol(entry->d_name, NULL, 10);
    }
    return 0;
}

static void take_pages(struct history *history, struct vm *vm) {
    const struct host *host = &history->host;
    unsigned long missing = vm->wish.pages;

    for (unsigned node = 0; node < host->n_nodes && missing > 0; node++) {
        unsigned long pages =
            vm->wish.nodes >> node & 1 ? host_free_pages(host, vm->wish.size, node) : 0;

        vm->taken[node] = pages < missing ? pages : missing;
        missing -= vm->taken[node];
        if (vm->taken[node] > 0)
            host_control("take-hugepages %u %lu %lu", node, host->sizes[vm->wish.size],
                         vm->taken[node]);
    }
    if (missing > 0)
        wrong(history, "%s lacks %lu huge pages", vm->name, missing);
}

/* As libvirt does before the hook is told. */
static void pin_as_xml_says(const struct vm *vm) {
    for (unsigned i = 0; i < vm->wish.vcpus; i++) {
        struct cpumask cpu = {0};

        cpumask_set(&cpu, vm->wish.map[i]);
        sched_setaffinity(find_thread(vm, i), sizeof cpu, (const cpu_set_t *)(const void *)&cpu);
    }
}

void vm_qemu_start(struct history *history, struct vm *vm) {
    char self[4096] = "";
    _cleanup_free_ char *path = NULL, *count = new_format("%u", vm->wish.vcpus);
    pid_t child;

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die(EXIT_FAILURE, "readlink: %s", strerror(errno));
    path = new_format("%s/sim-qemu", dirname(self));
    fflush(NULL);
    child = fork();
    if (child == 0) {
        execl(path, path, vm->name, count, NULL);
        _exit(127);
    }
    while (read_pid(vm->name) != child) {
        if (waitpid(child, NULL, WNOHANG) == child)
            die(EXIT_FAILURE, "%s did not start", path);
        usleep(500);
    }
    vm->qemu = child;
    take_pages(history, vm);
    if (vm->wish.pin == PIN_XML)
        pin_as_xml_says(vm);
}

void vm_qemu_kill(const struct history *history, struct vm *vm) {
    const struct host *host = &history->host;

    if (!vm->qemu)
        return;
    kill(vm->qemu, SIGKILL);
    waitpid(vm->qemu, NULL, 0);
    vm->qemu = 0;
    for (unsigned node = 0; node < host->n_nodes; node++) {
        if (vm->taken[node] > 0)
            host_control("take-hugepages %u %lu -%lu", node, host->sizes[vm->wish.size],
                         vm->taken[node]);
        vm->taken[node] = 0;
    }
}

/* ---- what it got ----------------------------------------------------------------------------- */

static struct cpumask affinity(pid_t thread) {
    struct cpumask mask = {0};

    if (thread == 0 || sched_getaffinity(thread, sizeof mask, (cpu_set_t *)(void *)&mask) != 0)
        mask = (struct cpumask){0};
    return mask;
}

static struct cpumask vcpus_affinity(const struct vm *vm) {
    struct cpumask all = {0};

    for (unsigned i = 0; i < vm->wish.vcpus; i++) {
        struct cpumask cpus = affinity(find_thread(vm, i));

        all = cpumask_or(&all, &cpus);
    }
    return all;
}

static void see_pages(struct history *history, struct vm *vm) {
    const struct host *host = &history->host;
    unsigned long sum = 0;

    for (unsigned node = 0; node < host->n_nodes; node++) {
        const struct item *pool = host_pool(host, vm->wish.size, node);
        unsigned long others = pool ? strtoul(pool->baseline, NULL, 10) : 0,
                      now = pool ? strtoul(pool->now, NULL, 10) : 0;

        for (size_t i = 0; i < VMS; i++)
            if (&history->vms[i] != vm && history->vms[i].state == RUNS &&
                history->vms[i].wish.size == vm->wish.size)
                others += history->vms[i].obtained[node];
        vm->obtained[node] = vm->wish.nodes >> node & 1 && now > others ? now - others : 0;
        sum += vm->obtained[node];
    }
    if (vm->shortage >= 0 && sum != (unsigned long)vm->shortage)
        wrong(history, "%s was short of %ld huge pages and got %lu", vm->name, vm->shortage, sum);
}

void vm_see_grants(struct history *history, struct vm *vm) {
    const struct wish *wish = &vm->wish;

    vm->cpus = (struct cpumask){0};
    memset(vm->obtained, 0, sizeof vm->obtained);
    if (wish->pin == PIN_AUTO)
        vm->cpus = vcpus_affinity(vm);
    for (unsigned i = 0; i < wish->vcpus && wish->pin >= PIN_MAP; i++)
        cpumask_set(&vm->cpus, wish->map[i]);
    if (wish->pages)
        see_pages(history, vm);
}

void vm_read_journal(struct vm *vm) {
    _cleanup_free_ char *path = new_format(JOURNALS "/%s", vm->name);
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    size_t size = 0;

    vm->cpus = (struct cpumask){0};
    while (file && getline(&line, &size, file) >= 0)
        for (const char *c = line; (c = strpbrk(c, "cp")); c++) {
            unsigned cpu;

            if (sscanf(c, "cpu %u", &cpu) == 1 || sscanf(c, "pinned %u", &cpu) == 1)
                cpumask_set(&vm->cpus, cpu);
        }
}

/* ---- its threads ----------------------------------------------------------------------------- */

static bool equal(const struct cpumask *a, const struct cpumask *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* On all CPUs but those that are isolated for any VM, of those in limbo for some. */
static bool is_kept_off(const struct history *history, const struct cpumask *cpus) {
    for (unsigned some = 0; some < 1U << VMS; some++) {
        struct cpumask rest = history->host.online;
        bool possible = true;

        for (size_t i = 0; i < VMS; i++) {
            const struct vm *vm = &history->vms[i];
            bool counts = some >> i & 1;

            if (vm->state == RUNS && vm->wish.isolate)
                possible &= counts;
            else if (vm->state != LIMBO || !vm->wish.isolate)
                possible &= !counts;
            if (counts)
                rest = cpumask_without(&rest, &vm->cpus);
        }
        if (possible && equal(&rest, cpus))
            return true;
    }
    return false;
}

static bool is_right(const struct history *history, const struct vm *vm, unsigned vcpu,
                     const struct cpumask *cpus) {
    switch (vm->wish.pin) {
    case PIN_NONE:
        return is_kept_off(history, cpus);
    case PIN_AUTO:
        return cpumask_count(cpus) == 1 && cpumask_subset(cpus, &history->host.online);
    case PIN_MAP:
    case PIN_XML:
        return cpumask_count(cpus) == 1 && cpumask_has(cpus, vm->wish.map[vcpu]);
    }
    return false;
}

void vm_check_threads(struct history *history, const struct vm *vm) {
    struct cpumask all = vcpus_affinity(vm);

    for (unsigned i = 0; i < vm->wish.vcpus; i++) {
        struct cpumask cpus = affinity(find_thread(vm, i));
        _cleanup_free_ char *list = cpumask_list(&cpus);

        if (!is_right(history, vm, i, &cpus))
            wrong(history, "vCPU %u of %s runs on %s", i, vm->name, list);
    }
    if (vm->wish.pin == PIN_AUTO &&
        (cpumask_count(&all) != vm->wish.vcpus || !equal(&all, &vm->cpus)))
        wrong(history, "the vCPUs of %s share CPUs, or have moved", vm->name);
    all = affinity(vm->qemu);
    if (vm->wish.pin != PIN_AUTO && !is_kept_off(history, &all)) {
        _cleanup_free_ char *list = cpumask_list(&all);

        wrong(history, "the emulator of %s runs on %s", vm->name, list);
    }
}
