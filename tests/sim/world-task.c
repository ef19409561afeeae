/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world-task.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

static struct {
    pthread_mutex_t lock;
    struct task *items;
    size_t count;
} tasks = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* 0 when there is no such thread. */
static unsigned long long start_time(pid_t tid) {
    _cleanup_free_ char *path = new_format("/proc/%d/stat", tid), *line = NULL;
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    unsigned long long started = 0;
    size_t size = 0;
    const char *rest;

    if (!file || getline(&line, &size, file) < 0 || !(rest = strrchr(line, ')')))
        return 0;
    /* Field 3 follows the name, field 22 is the time; 'Z' and 'X' are of the dead. */
    if (rest[2] == 'Z' || rest[2] == 'X')
        return 0;
    for (int field = 2; field < 22 && rest; field++)
        rest = strchr(rest + 1, ' ');
    if (rest)
        started = strtoull(rest, NULL, 10);
    return started;
}

static bool is_alive(const struct task *task) {
    return start_time(task->tid) == task->started;
}

static struct task *find(pid_t tid) {
    for (size_t i = 0; i < tasks.count; i++)
        if (tasks.items[i].tid == tid)
            return &tasks.items[i];
    return NULL;
}

bool task_get(pid_t tid, struct task *task) {
    const struct task *found;

    pthread_mutex_lock(&tasks.lock);
    found = find(tid);
    if (found)
        *task = *found;
    pthread_mutex_unlock(&tasks.lock);
    return found && is_alive(task);
}

void task_put(const struct task *task) {
    struct task *place;

    pthread_mutex_lock(&tasks.lock);
    place = find(task->tid);
    if (!place) {
        tasks.items = grow(tasks.items, tasks.count + 1, sizeof *tasks.items);
        place = &tasks.items[tasks.count++];
    }
    *place = *task;
    pthread_mutex_unlock(&tasks.lock);
}

bool task_register(pid_t tid, const char *cgroup) {
    struct task task = {.tid = tid, .started = start_time(tid)};

    cgroup += strspn(cgroup, "/");
    snprintf(task.cgroup, sizeof task.cgroup, "%s", cgroup);
    if (task.started == 0)
        return false;
    task_put(&task);
    return true;
}

static bool is_below(const char *path, const char *directory) {
    size_t length = strlen(directory);

    return length == 0 ||
           (strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/'));
}

void tasks_wipe(const char *cgroup) {
    cgroup += strspn(cgroup, "/");
    pthread_mutex_lock(&tasks.lock);
    for (size_t i = 0; i < tasks.count; i++)
        if (is_below(tasks.items[i].cgroup, cgroup))
            tasks.items[i].pinned = false;
    pthread_mutex_unlock(&tasks.lock);
}

/* ---- told ------------------------------------------------------------------------------------ */

static struct task *copy_of_all(size_t *count) {
    struct task *copy;

    pthread_mutex_lock(&tasks.lock);
    copy = new_zeroed(tasks.count, sizeof *copy);
    if (tasks.count > 0)
        memcpy(copy, tasks.items, tasks.count * sizeof *copy);
    *count = tasks.count;
    pthread_mutex_unlock(&tasks.lock);
    return copy;
}

static void forget_dead(void) {
    size_t kept = 0;

    pthread_mutex_lock(&tasks.lock);
    for (size_t i = 0; i < tasks.count; i++)
        if (is_alive(&tasks.items[i]))
            tasks.items[kept++] = tasks.items[i];
    tasks.count = kept;
    pthread_mutex_unlock(&tasks.lock);
}

static char *comm_of(pid_t tid) {
    _cleanup_free_ char *path = new_format("/proc/%d/comm", tid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    char comm[32];
    ssize_t n = fd < 0 ? -1 : read(fd, comm, sizeof comm);

    return n > 0 ? new_string_n(comm, (size_t)n - 1) : new_string("?");
}

const char *policy_name(int policy) {
    static const char *const names[] = {"other", "fifo", "rr", "batch", NULL, "idle"};

    return policy >= 0 && (size_t)policy < ELEMENTS(names) ? names[policy] : NULL;
}

static void list_task(struct text *text, const struct task *task) {
    _cleanup_free_ char *comm = comm_of(task->tid), *affinity = NULL;
    struct cpumask cpus;

    cpuset_of_task(task, &cpus);
    affinity = cpumask_list(&cpus);
    text_add(text, "%d\t%s\t%s\t%s\t%d\t%d\t%s\n", task->tid, comm, affinity,
             policy_name(task->policy), task->priority, task->nice, task->cgroup);
}

void tasks_list(struct text *text) {
    _cleanup_free_ struct task *copy = NULL;
    size_t count;

    forget_dead();
    copy = copy_of_all(&count);
    for (size_t i = 0; i < count; i++)
        list_task(text, &copy[i]);
}

void task_log(const struct task *task, const char *call, const char *value, int64_t result) {
    _cleanup_close_ int fd =
        open(WORLD_SCHEDULER_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    _cleanup_free_ char *comm = comm_of(task->tid);
    struct text line = {0};

    text_add(&line, "%s %d \"%s\" %s", call, task->tid, comm, value);
    if (result < 0)
        text_add(&line, " (%s)", errno_name((int)-result));
    text_add(&line, "\n");
    if (fd < 0 || write(fd, line.data, line.length) < 0)
        perror("sim-world: " WORLD_SCHEDULER_LOG);
    text_free(&line);
}
