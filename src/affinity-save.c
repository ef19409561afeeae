/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping affinities over changes that old kernels forget them at (see affinity.h). */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json_object_iterator.h>

#include "affinity.h"
#include "cgroup.h"
#include "file.h"
#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "process.h"
#include "state-file.h"
#include "text.h"

/* From this version on the kernel remembers what a task has asked for. */
#define KERNEL_REMEMBERS 6002

/* The state is {"1234 5012":"0-1"}: a thread, by number and start time, and the CPUs it wants. */
struct affinities {
    struct state_file file;
    int directory;
    struct cpulist *groups; /* what those directly below the root may use now */
    size_t n_groups;
    pid_t *qemus; /* pinned by others, or by this program in another place */
    size_t n_qemus;
};

static bool kernel_forgets(void) {
    unsigned major, minor;
    struct utsname name;

    return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
           major * 1000 + minor < KERNEL_REMEMBERS;
}

/* ---- which affinities are a thread's own --------------------------------------------------- */

/* The CPUs of the thread's group, or of the nearest above it that has any: a line
 * "0::/system.slice/…". */
static bool read_group_cpus(pid_t thread, struct cpulist *ret, bool *ret_unchanged) {
    char path[64], line[4096], text[4096];

    snprintf(path, sizeof path, "/proc/%d/cgroup", thread);
    if (file_read_line_at(AT_FDCWD, path, line, sizeof line) < 0 ||
        strncmp(line, "0::/", strlen("0::/")) != 0)
        return false;
    *ret_unchanged =
        strcmp(line, "0::/") == 0 || strncmp(line, "0::/machine", strlen("0::/machine")) == 0;
    for (char *end = line + strlen(line); end && end >= line + strlen("0::");
         end = strrchr(line, '/')) {
        _cleanup_free_ char *file = NULL;

        *end = '\0';
        file = text_format(CGROUP_ROOT "%s/cpuset.cpus.effective", line + strlen("0::"));
        if (file && file_read_line_at(AT_FDCWD, file, text, sizeof text) >= 0)
            return cpulist_parse(text, ret) >= 0;
    }
    return false;
}

static int read_group(const char *name, void *data) {
    struct affinities *affinities = data;
    struct cpulist *larger =
        reallocarray(affinities->groups, affinities->n_groups + 1, sizeof *larger);
    _cleanup_free_ char *file = text_format(CGROUP_ROOT "/%s/cpuset.cpus.effective", name);
    char text[4096];

    if (larger)
        affinities->groups = larger;
    if (!larger || !file)
        return -ENOMEM;
    if (file_read_line_at(AT_FDCWD, file, text, sizeof text) >= 0 &&
        cpulist_parse(text, &larger[affinities->n_groups]) >= 0)
        affinities->n_groups++;
    return 0;
}

static int read_groups(struct affinities *affinities) {
    int r = cgroup_for_each(read_group, affinities);

    return r == -ENOMEM ? r : 0;
}

/* A thread that may run on just what a group may has set nothing itself. */
static bool is_own(const struct affinities *affinities, pid_t thread, const struct cpulist *cpus,
                   struct cpulist *ret_group) {
    bool unchanged = false;

    /* Of VMs and of the kernel's threads, which are in the root, nothing is forgotten: their groups
     * do not change. */
    if ((read_group_cpus(thread, ret_group, &unchanged) && cpulist_equal(cpus, ret_group)) ||
        unchanged)
        return false;
    for (size_t i = 0; i < affinities->n_groups; i++)
        if (cpulist_equal(cpus, &affinities->groups[i]))
            return false;
    return true;
}

/* ---- noting them --------------------------------------------------------------------------- */

static int note(struct affinities *affinities, const char *name, const struct cpulist *cpus) {
    _cleanup_free_ char *list = cpulist_format(cpus);

    return list && json_add(affinities->file.state, name, json_object_new_string(list)) ? 0
                                                                                        : -ENOMEM;
}

/* Whether a thread has just what it wants, as far as its group lets it. */
static bool has_wish(const struct affinities *affinities, const struct cpulist *group,
                     const char *wish, const struct cpulist *cpus) {
    struct cpulist wanted, within;

    if (!wish || cpulist_parse(wish, &wanted) < 0)
        return false;
    within = wanted;
    cpulist_keep(&within, group);
    for (size_t i = 0; i < affinities->n_groups && !cpulist_equal(&within, cpus); i++) {
        within = wanted;
        cpulist_keep(&within, &affinities->groups[i]);
    }
    return cpulist_equal(&within, cpus);
}

static int save_thread(struct affinities *affinities, pid_t thread) {
    struct cpulist cpus, group = {0};
    struct process process;
    char name[64];

    if (affinity_get(thread, &cpus) < 0 || !is_own(affinities, thread, &cpus, &group) ||
        process_identify(thread, &process) < 0)
        return 0;
    snprintf(name, sizeof name, "%d %llu", thread, (unsigned long long)process.start);
    if (has_wish(affinities, &group, json_string(affinities->file.state, name), &cpus))
        return 0;
    return note(affinities, name, &cpus);
}

static int note_qemu(_unused_ const char *domain, pid_t qemu, void *data) {
    struct affinities *affinities = data;
    pid_t *larger = reallocarray(affinities->qemus, affinities->n_qemus + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    affinities->qemus = larger;
    larger[affinities->n_qemus++] = qemu;
    return 0;
}

static bool is_qemu(const struct affinities *affinities, pid_t process) {
    for (size_t i = 0; i < affinities->n_qemus; i++)
        if (affinities->qemus[i] == process)
            return true;
    return false;
}

static int save_process(struct affinities *affinities, int proc, const char *pid) {
    char path[64];
    int fd, r = 0;
    _cleanup_closedir_ DIR *threads = NULL;

    snprintf(path, sizeof path, "%.16s/task", pid);
    fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    threads = fd < 0 ? NULL : fdopendir(fd);
    if (!threads) {
        close_descriptor(&fd);
        return 0;
    }
    for (struct dirent *entry = readdir(threads); entry && r == 0; entry = readdir(threads))
        if (entry->d_name[0] != '.')
            r = save_thread(affinities, atoi(entry->d_name));
    return r;
}

static int save_all(struct affinities *affinities) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");
    int r = process_for_each_qemu(note_qemu, affinities);

    for (struct dirent *entry = proc ? readdir(proc) : NULL; entry && r == 0; entry = readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            !is_qemu(affinities, atoi(entry->d_name)))
            r = save_process(affinities, dirfd(proc), entry->d_name);
    return r;
}

void affinities_free(struct affinities *affinities) {
    if (!affinities)
        return;
    state_file_close(&affinities->file);
    close_descriptor(&affinities->directory);
    free(affinities->groups);
    free(affinities->qemus);
    free(affinities);
}

int affinities_save(uint64_t deadline, struct affinities **ret, struct error *error) {
    struct affinities *affinities;
    int r;

    *ret = NULL;
    if (!kernel_forgets())
        return 0;
    affinities = calloc(1, sizeof *affinities);
    if (!affinities)
        return error_oom(error);
    affinities->file.fd = -1;
    affinities->directory = journal_open_directory(true, error);
    r = affinities->directory;
    if (r >= 0)
        r = state_file_open(r, AFFINITIES_FILE, deadline, &affinities->file, error);
    if (r >= 0 && (read_groups(affinities) < 0 || save_all(affinities) < 0))
        r = error_oom(error);
    if (r >= 0)
        r = state_file_save(&affinities->file, error);
    if (r < 0) {
        affinities_free(affinities);
        return r;
    }
    *ret = affinities;
    return 0;
}

/* ---- giving them back ---------------------------------------------------------------------- */

static void restore_thread(const char *name, const char *list) {
    unsigned long long start;
    struct process process;
    struct cpulist cpus;
    int r;

    if (sscanf(name, "%d %llu", &process.pid, &start) != 2 || cpulist_parse(list, &cpus) < 0)
        return;
    process.start = start;
    if (!process_lives(process))
        return;
    r = affinity_set(process.pid, &cpus);
    if (r == -EINVAL)
        log_notice("thread %d wants to run on CPUs %s, all of which are isolated now", process.pid,
                   list);
    else if (r < 0 && r != -ESRCH)
        log_warning("thread %d cannot be given its CPUs %s back: %s", process.pid, list,
                    strerror(-r));
}

static void drop_all(struct affinities *affinities) {
    json_object_put(affinities->file.state);
    affinities->file.state = json_object_new_object();
}

void affinities_restore(struct affinities *affinities, bool last) {
    struct json_object_iterator record, end;

    if (!affinities)
        return;
    end = json_object_iter_end(affinities->file.state);
    for (record = json_object_iter_begin(affinities->file.state);
         !json_object_iter_equal(&record, &end); json_object_iter_next(&record))
        restore_thread(json_object_iter_peek_name(&record),
                       json_object_get_string(json_object_iter_peek_value(&record)));
    if (last)
        drop_all(affinities);
}
