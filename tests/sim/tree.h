/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories, files and links of the simulated /sys, as kernfs keeps them in the kernel: a
 * tree in memory whose names are found by hash, so that a directory of thousands is no slower than
 * one of three. The tree knows nothing of PCI; a file's functions and object say what it means.
 * Nodes outlive their removal from the tree for as long as the kernel still refers to them.
 */

#include "common.h"

struct caller;

/* What a file does. `show` appends what a read gets; `store` takes one write, NUL-terminated at
 * `length`. Both return 0 or a negative errno, and may block (see monitor.h). */
struct file_kind {
    const char *name;
    mode_t mode;
    int (*show)(struct caller *caller, void *object, struct text *out);
    int (*store)(struct caller *caller, void *object, const char *value, size_t length);
    void *object; /* what the functions get when the file was made with a NULL object */
};

struct node {
    const char *name;
    struct node *parent;
    struct node *children;        /* the newest first */
    struct node *previous, *next; /* among the children of the parent */
    struct node *same_hash;
    struct tree *tree;

    /* One of these, or neither: then it is a directory. */
    const char *target; /* of a link */
    const struct file_kind *file;
    void *object;

    char *owned_name, *owned_target; /* what the two above point to, when it is ours */
    uint64_t number;                 /* st_ino */
    uint64_t references;             /* held by the kernel */
    bool permanent; /* never goes away, nor do its names: the kernel may remember it */
    bool removed;
};

struct tree {
    struct node root;
    struct node **table;
    size_t size, used;
    uint64_t last_number;
};

void tree_init(struct tree *tree);

/* Adding a name that is there already is an error of the simulator, except for directories:
 * tree_directory() returns the one that is there. Names are copied; a file's kind is not. */
struct node *tree_directory(struct node *parent, const char *name);
struct node *tree_link(struct node *parent, const char *name, const char *target);

/* A link to another node, relative, as the kernel makes them. */
struct node *tree_link_to(struct node *parent, const char *name, const struct node *target);
struct node *tree_file(struct node *parent, const struct file_kind *kind, void *object);

/* A file of fixed content, whose name may lead through directories that are then made. */
struct node *tree_constant(struct node *parent, const char *path, const char *value);

/* Makes every directory of `path`; the last one is returned. */
struct node *tree_path(struct node *parent, const char *path);

/* NULL when there is no such name. */
struct node *tree_find(const struct node *parent, const char *name);

/* Takes a node and all below it out of the tree. NULL is allowed. */
void tree_remove(struct node *node);

/* A second identity of a file, alive until its last reference is dropped; see sim-sysfs.c for why
 * there is such a thing. */
struct node *tree_twin(const struct node *node);

void tree_ref(struct node *node);
void tree_unref(struct node *node, uint64_t count);
