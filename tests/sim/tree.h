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

/* What a directory does in which names can be made and removed: 0, or a negative errno. `object` is
 * that of the directory, or of the one to be removed. */
struct directory_kind {
    int (*make)(void *object, const char *name);
    int (*remove)(void *object);
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
    const struct directory_kind *kind; /* of a directory; NULL: nobody makes anything in it */
    void *object;

    char *owned_name, *owned_target; /* what the two above point to, when it is ours */
    uint64_t number;                 /* st_ino */
    uint64_t size;                   /* st_size; 0: a page, as that of most files in sysfs */
    uint64_t references;             /* held by the kernel */
    /* The kernel may remember it. When it goes away nevertheless, it is among the tree's `gone`. */
    bool permanent;
    bool removed;
    bool sizeless; /* st_size is 0, as in /proc; so is all that is made below it */
};

/* What the kernel may remember, and is to be told to forget. */
struct gone {
    const struct node *parent; /* not to be followed: it may be gone as well */
    char *name;
};

struct tree {
    struct node root;
    struct node **table;
    size_t size, used;
    uint64_t last_number;
    struct gone *gone;
    size_t n_gone;
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

/* The same, but only root may read it. */
struct node *tree_secret(struct node *parent, const char *path, const char *value);

/* Makes every directory of `path`; the last one is returned. */
struct node *tree_path(struct node *parent, const char *path);

/* The same, and what it returns and all above it are permanent. */
struct node *tree_permanent_path(struct node *parent, const char *path);

/* Makes it permanent, and returns it. */
struct node *tree_permanent(struct node *node);

/* NULL when there is no such name. */
struct node *tree_find(const struct node *parent, const char *name);

/* Takes a node and all below it out of the tree. NULL is allowed. */
void tree_remove(struct node *node);

/* A second identity of a file, alive until its last reference is dropped; see sim-sysfs.c for why
 * there is such a thing. */
struct node *tree_twin(const struct node *node);

void tree_ref(struct node *node);
void tree_unref(struct node *node, uint64_t count);
