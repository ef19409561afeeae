/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine of a history, as /sys/.sim/state tells of it: a list of things with texts as values.
 */
#include "history.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "cpumask-file.h"

#define CPU "/sys/devices/system/cpu"

static char *read_all(const char *path) {
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    struct text text = {0};
    char buffer[65536];
    size_t n;

    text_add_bytes(&text, "", 0);
    while (file && (n = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_add_bytes(&text, buffer, n);
    return text.data;
}

static bool write_text(const char *path, const char *text) {
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* The n-th thing of this look: the same as that of the first. */
static struct item *put(struct host *host, size_t *n, enum kind kind, unsigned number,
                        const char *value, const char *format, ...) _printf_(6, 7);
static struct item *put(struct host *host, size_t *n, enum kind kind, unsigned number,
                        const char *value, const char *format, ...) {
    struct item *item;
    va_list arguments;

    if (*n == host->count) {
        host->items = grow(host->items, host->count + 1, sizeof *host->items);
        host->items[host->count++] = (struct item){.kind = kind, .number = number};
        va_start(arguments, format);
        vsnprintf(host->items[*n].name, sizeof host->items[*n].name, format, arguments);
        va_end(arguments);
    }
    item = &host->items[(*n)++];
    if (item->kind != kind || item->number != number)
        die(EXIT_FAILURE, "the machine has other things now: %s", item->name);
    free(item->now);
    item->now = new_string(value);
    return item;
}

static void put_mask(struct host *host, size_t *n, enum kind kind, unsigned number,
                     const char *text, const char *name) {
    _cleanup_free_ char *list = NULL;
    struct cpumask mask;

    if (cpumask_parse_hex(text, CPUMASK_BITS, &mask) < 0)
        die(EXIT_FAILURE, "%s: no mask", text);
    list = cpumask_list(&mask);
    put(host, n, kind, number, list ? list : "", "%s", name);
}

/* A group that names all CPUs is as one that names none: on many kernels there is no way back. */
static void put_cgroup(struct host *host, size_t *n, const char *name, const char *rest) {
    const char *cpus = strstr(rest, "cpus=");
    _cleanup_free_ char *online = cpumask_list(&host->online);
    _cleanup_free_ char *list =
        new_string_n(cpus ? cpus + 5 : "", cpus ? strcspn(cpus + 5, " ") : 0);

    if (strcmp(name, "/") != 0)
        put(host, n, CGROUP, 0, online && strcmp(list, online) == 0 ? "" : list, "%s", name);
}

static void look_at_line(struct host *host, size_t *n, char *line) {
    char a[64], b[4096] = "", c[64], d[64];
    unsigned number, extra = 0;
    unsigned long size, count, surplus;
    int rest = 0;

    if (sscanf(line, "cpu %u online %63s %63s %63s", &number, a, c, d) == 4) {
        put(host, n, GOVERNOR, number, a, "governor of cpu %u", number);
        put(host, n, PREFERENCE, number, c, "preference of cpu %u", number);
        put(host, n, LATENCY, number, d, "latency of cpu %u", number);
    } else if (sscanf(line, "workqueue %4095s", b) == 1) {
        put_mask(host, n, WORKQUEUE, 0, b, "workqueue");
    } else if (sscanf(line, "default_smp_affinity %4095s", b) == 1) {
        put_mask(host, n, IRQ, DEFAULT_IRQ, b, "default_smp_affinity");
    } else if (sscanf(line, "irq %u %63s %4095s", &number, a, b) >= 2) {
        put(host, n, IRQ, number, b, "irq %u", number)->fixed |= strcmp(a, "-") == 0;
    } else if (sscanf(line, "hugepages %u %lu %lu free %*u surplus %lu", &number, &size, &count,
                      &surplus) == 4) {
        _cleanup_free_ char *pages = new_format("%lu", count - surplus);
        struct item *item =
            put(host, n, PAGES, number, pages, "pages of %lu KiB on node %u", size, number);

        while (extra < host->n_sizes && host->sizes[extra] != size)
            extra++;
        if (extra == host->n_sizes && extra < SIZES_MAX)
            host->sizes[host->n_sizes++] = size;
        item->size = extra;
        if (number >= host->n_nodes)
            host->n_nodes = number + 1;
    } else if (sscanf(line, "hugepages %lu reserved %lu", &size, &count) == 2) {
        for (size_t i = 0; i < host->n_sizes; i++)
            if (host->sizes[i] == size)
                host->reserved[i] = count;
    } else if (sscanf(line, "cgroup %63s %n", a, &rest) == 1) {
        put_cgroup(host, n, a, line + rest);
    } else if (sscanf(line, "%*x:%*x:%*x.%*u %63s", a) == 1) {
        put(host, n, DEVICE, 0, a, "%.12s", line);
    }
}

void host_look(struct host *host) {
    _cleanup_free_ char *state = read_all("/sys/.sim/state");
    size_t n = 0;

    for (char *rest = state, *line; (line = strsep(&rest, "\n"));)
        look_at_line(host, &n, line);
}

/* ---- the first look -------------------------------------------------------------------------- */

static void read_mask(struct cpumask *mask, const char *format, unsigned number) {
    /* The formats are those below. */
    _cleanup_free_ char *path = new_string(format), *text = NULL;
    char *place = strchr(path, '#'), *end;
    _cleanup_free_ char *full =
        place ? new_format("%.*s%u%s", (int)(place - path), path, number, place + 1)
              : new_string(path);

    text = read_all(full);
    end = text + strlen(text);
    /* Some are lists with blanks. */
    for (char *c = text; c + 1 < end; c++)
        if (*c == ' ' && c[1] != '\n')
            *c = ',';
    if (cpumask_parse_list(text, CPUMASK_BITS, mask) < 0)
        *mask = (struct cpumask){0};
}

/* An interrupt that cannot be moved to where it is. */
static bool is_managed(const struct item *item) {
    _cleanup_free_ char *path = new_format("/proc/irq/%u/smp_affinity_list", item->number);

    return item->number != DEFAULT_IRQ && !write_text(path, item->now);
}

void host_boot(struct host *host) {
    read_mask(&host->online, CPU "/online", 0);
    for_each_cpu(cpu, &host->online)
        read_mask(&host->cores[cpu], CPU "/cpu#/topology/thread_siblings_list", cpu);
    host_look(host);
    for (size_t i = 0; i < host->count; i++) {
        struct item *item = &host->items[i];

        item->boot = new_string(item->now);
        item->baseline = new_string(item->now);
        if (item->kind == GOVERNOR || item->kind == PREFERENCE)
            read_mask(&item->governed, CPU "/cpu#/cpufreq/affected_cpus", item->number);
        if (item->kind == IRQ && !item->fixed)
            item->fixed = is_managed(item);
    }
}

/* ---- pools ----------------------------------------------------------------------------------- */

struct item *host_pool(const struct host *host, size_t size, unsigned node) {
    for (size_t i = 0; i < host->count; i++)
        if (host->items[i].kind == PAGES && host->items[i].size == size &&
            host->items[i].number == node)
            return &host->items[i];
    return NULL;
}

unsigned long host_free_pages(const struct host *host, size_t size, unsigned node) {
    _cleanup_free_ char *path =
        new_format("/sys/devices/system/node/node%u/hugepages/hugepages-%lukB/free_hugepages", node,
                   host->sizes[size]);
    _cleanup_free_ char *text = read_all(path);

    return strtoul(text, NULL, 10);
}

/* ---- strangers ------------------------------------------------------------------------------- */

void host_control(const char *format, ...) {
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!write_text("/sys/.sim/control", text))
        die(EXIT_FAILURE, "%s: refused", text);
}

static bool set_property(const char *unit, const char *value) {
    _cleanup_free_ char *property = new_format("AllowedCPUs=%s", value);
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execlp("systemctl", "systemctl", "set-property", "--runtime", unit, property, NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status == 0;
}

/* systemd gives all CPUs back only when told so. */
static bool write_unit(const struct host *host, const char *unit, const char *value) {
    _cleanup_free_ char *all = cpumask_list(&host->online);
    _cleanup_free_ char *draft =
        new_format("/run/systemd/system.control/%s.d/50-AllowedCPUs.conf", unit);
    _cleanup_free_ char *directory = new_format("/run/systemd/system.control/%s.d", unit);

    if (*value)
        return set_property(unit, value);
    if (!set_property(unit, all) || !set_property(unit, ""))
        return false;
    unlink(draft);
    rmdir(directory);
    return true;
}

bool host_write(const struct host *host, const struct item *item, const char *value) {
    _cleanup_free_ char *path = NULL, *text = new_string(value);
    struct cpumask mask;

    if (item->kind == CGROUP)
        return write_unit(host, item->name, value);
    if (item->kind == WORKQUEUE || (item->kind == IRQ && item->number == DEFAULT_IRQ)) {
        struct text hex = {0};

        if (cpumask_parse_list(value, CPUMASK_BITS, &mask) < 0)
            return false;
        cpumask_show_hex(&mask, CPUMASK_BITS, &hex);
        free(text);
        /* The kernel takes no more digits than it has CPUs. */
        text = new_string(hex.data + strspn(hex.data, "0,"));
        text_free(&hex);
    }
    if (item->kind == GOVERNOR)
        path = new_format(CPU "/cpu%u/cpufreq/scaling_governor", item->number);
    else if (item->kind == PREFERENCE)
        path = new_format(CPU "/cpu%u/cpufreq/energy_performance_preference", item->number);
    else if (item->kind == LATENCY)
        path = new_format(CPU "/cpu%u/power/pm_qos_resume_latency_us", item->number);
    else if (item->kind == WORKQUEUE)
        path = new_string("/sys/devices/virtual/workqueue/cpumask");
    else if (item->kind == IRQ && item->number == DEFAULT_IRQ)
        path = new_string("/proc/irq/default_smp_affinity");
    else if (item->kind == IRQ)
        path = new_format("/proc/irq/%u/smp_affinity_list", item->number);
    else if (item->kind == PAGES)
        path = new_format("/sys/devices/system/node/node%u/hugepages/hugepages-%lukB/nr_hugepages",
                          item->number, host->sizes[item->size]);
    return path && write_text(path, text);
}
