/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Control groups, version 2, in /sys/fs/cgroup, with the files of the cpuset controller. What the
 * processes of the world do is not limited by them.
 */

#include "cpu.h"

enum partition { PARTITION_MEMBER, PARTITION_ROOT, PARTITION_ISOLATED };

struct cgroup {
    struct cgroups *all;
    struct cgroup *parent, *children, *next; /* NULL: the root; none; the last of the parent's */
    char *path;                              /* below the root; "/" for it */
    struct node *directory;                  /* NULL: removed */
    struct gate gate;
    uint32_t enabled; /* cgroup.subtree_control, a bit for each controller */
    bool threaded;
    bool busy; /* from boot on it has processes that cannot be seen */
    pid_t *processes;
    size_t n_processes;

    /* Of the controller cpuset. */
    struct cpumask cpus, mems;
    enum partition partition;
    bool invalid; /* as a partition */
    struct cpumask effective, effective_mems;
};

struct cgroups {
    struct model *model;
    char **controllers;
    size_t n_controllers;
    uint32_t cpuset; /* its bit */
    struct cgroup root;
};

void cgroup_add(struct model *model, const struct machine *machine);

/* CPUs went off or came back. */
void cgroup_cpus_changed(struct model *model);

void cgroup_show_state(const struct model *model, struct text *out);

/* A bit for each controller that the group can have: those that its parent gives to its children.
 */
uint32_t cgroup_controllers(const struct cgroup *cgroup);

/* Whether it, or a group below it, has processes. */
bool cgroup_is_populated(const struct cgroup *cgroup);

/* ---- cgroup-files.c -------------------------------------------------------------------------- */

void cgroup_add_files(struct cgroup *cgroup);

/* ---- cpuset.c -------------------------------------------------------------------------------- */

bool cpuset_is_enabled(const struct cgroup *cgroup);

/* The files come and go with the controller, and so does what was written to them. */
void cpuset_appear(struct cgroup *cgroup);
void cpuset_vanish(struct cgroup *cgroup);

/* Computes what is in effect, of all groups. */
void cpuset_update(struct cgroups *all);

void cpuset_show_state(const struct cgroup *cgroup, struct text *out);
