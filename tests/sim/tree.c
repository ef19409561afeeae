/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <assert.h>
#include <string.h>

static size_t slot_of(const struct tree *tree, const struct node *parent, const char *name) {
    uint64_t number = parent->number;

    return hash_text((uint32_t)(number ^ (number >> 32)) * UINT32_C(2654435761), name) &
           (tree->size - 1);
}

void tree_init(struct tree *tree) {
    *tree = (struct tree){.size = 1024};
    tree->table = new_zeroed(tree->size, sizeof(struct node *));
    tree->root =
        (struct node){.name = "", .tree = tree, .number = ++tree->last_number, .permanent = true};
}

static void enter(struct tree *tree, struct node *node) {
    size_t slot = slot_of(tree, node->parent, node->name);

    node->same_hash = tree->table[slot];
    tree->table[slot] = node;
}

static void enlarge(struct tree *tree) {
    struct node **old = tree->table;
    size_t size = tree->size;

    tree->size = size * 4;
    tree->table = new_zeroed(tree->size, sizeof(struct node *));
    for (size_t i = 0; i < size; i++)
        for (struct node *node = old[i], *next; node; node = next) {
            next = node->same_hash;
            enter(tree, node);
        }
    free(old);
}

static struct node *new_node(struct node *parent, const char *name) {
    struct tree *tree = parent->tree;
    struct node *node = new_zeroed(1, sizeof *node);

    *node = (struct node){.name = name,
                          .parent = parent,
                          .tree = tree,
                          .number = ++tree->last_number,
                          .sizeless = parent->sizeless};
    return node;
}

static struct node *add(struct node *node) {
    struct tree *tree = node->tree;
    struct node *parent = node->parent;

    assert(!tree_find(parent, node->name));
    if (++tree->used > tree->size)
        enlarge(tree);
    enter(tree, node);
    node->next = parent->children;
    if (node->next)
        node->next->previous = node;
    parent->children = node;
    return node;
}

static struct node *new_owned(struct node *parent, const char *name) {
    char *owned = new_string(name);
    struct node *node = new_node(parent, owned);

    node->owned_name = owned;
    return node;
}

struct node *tree_directory(struct node *parent, const char *name) {
    struct node *there = tree_find(parent, name);

    return there ? there : add(new_owned(parent, name));
}

struct node *tree_link(struct node *parent, const char *name, const char *target) {
    struct node *node = new_owned(parent, name);

    node->target = node->owned_target = new_string(target);
    return add(node);
}

static char *path_below_root(const struct node *node) {
    _cleanup_free_ char *parent = NULL;

    if (!node->parent->parent)
        return new_string(node->name);
    parent = path_below_root(node->parent);
    return new_format("%s/%s", parent, node->name);
}

static size_t depth_of(const struct node *node) {
    return node->parent ? depth_of(node->parent) + 1 : 0;
}

static bool is_above(const struct node *above, const struct node *node) {
    while (node && node != above)
        node = node->parent;
    return node;
}

struct node *tree_link_to(struct node *parent, const char *name, const struct node *target) {
    const struct node *shared = target->parent;
    _cleanup_free_ char *path = path_below_root(target);
    struct text text = {0};
    const char *rest = path;
    struct node *link;

    while (!is_above(shared, parent))
        shared = shared->parent;
    for (size_t i = depth_of(parent); i > depth_of(shared); i--)
        text_add(&text, "../");
    for (size_t i = depth_of(shared); i > 0; i--)
        rest = strchr(rest, '/') + 1;
    text_add(&text, "%s", rest);
    link = tree_link(parent, name, text.data);
    text_free(&text);
    return link;
}

struct node *tree_file(struct node *parent, const struct file_kind *kind, void *object) {
    struct node *node = new_node(parent, kind->name);

    node->file = kind;
    node->object = object ? object : kind->object;
    return add(node);
}

static int show_constant(struct caller *caller, void *object, struct text *out) {
    const struct node *node = object;

    (void)caller;
    text_add(out, "%s\n", node->owned_target);
    return 0;
}

static struct node *add_constant(struct node *parent, const char *path, const char *value,
                                 const struct file_kind *kind) {
    const char *slash = strrchr(path, '/');
    struct node *node;

    if (slash) {
        _cleanup_free_ char *directory = new_string_n(path, (size_t)(slash - path));

        parent = tree_path(parent, directory);
    }
    node = new_owned(parent, slash ? slash + 1 : path);
    node->file = kind;
    node->object = node;
    node->owned_target = new_string(value);
    return add(node);
}

struct node *tree_constant(struct node *parent, const char *path, const char *value) {
    static const struct file_kind constant = {.mode = 0444, .show = show_constant};

    return add_constant(parent, path, value, &constant);
}

struct node *tree_secret(struct node *parent, const char *path, const char *value) {
    static const struct file_kind secret = {.mode = 0400, .show = show_constant};

    return add_constant(parent, path, value, &secret);
}

struct node *tree_path(struct node *parent, const char *path) {
    _cleanup_free_ char *copy = new_string(path);
    char *rest = copy, *name;

    while ((name = strsep(&rest, "/")))
        parent = tree_directory(parent, name);
    return parent;
}

struct node *tree_permanent(struct node *node) {
    node->permanent = true;
    return node;
}

struct node *tree_permanent_path(struct node *parent, const char *path) {
    struct node *last = tree_path(parent, path);

    for (struct node *node = last; node; node = node->parent)
        node->permanent = true;
    return last;
}

struct node *tree_find(const struct node *parent, const char *name) {
    const struct tree *tree = parent->tree;
    struct node *node = tree->table[slot_of(tree, parent, name)];

    while (node && (node->parent != parent || strcmp(node->name, name) != 0))
        node = node->same_hash;
    return node;
}

static void destroy(struct node *node) {
    free(node->owned_name);
    free(node->owned_target);
    free(node);
}

static void leave_table(struct tree *tree, struct node *node) {
    struct node **place = &tree->table[slot_of(tree, node->parent, node->name)];

    while (*place != node)
        place = &(*place)->same_hash;
    *place = node->same_hash;
    tree->used--;
}

static void remember_gone(struct tree *tree, const struct node *node) {
    tree->gone = grow(tree->gone, tree->n_gone + 1, sizeof *tree->gone);
    tree->gone[tree->n_gone++] = (struct gone){node->parent, new_string(node->name)};
}

static void remove_node(struct node *node) {
    while (node->children)
        remove_node(node->children);
    leave_table(node->tree, node);
    if (node->previous)
        node->previous->next = node->next;
    else
        node->parent->children = node->next;
    if (node->next)
        node->next->previous = node->previous;
    node->removed = true;
    if (node->references == 0)
        destroy(node);
}

void tree_remove(struct node *node) {
    if (!node)
        return;
    /* With a directory the kernel forgets what is in it. */
    if (node->permanent && node->references > 0)
        remember_gone(node->tree, node);
    remove_node(node);
}

struct node *tree_twin(const struct node *node) {
    struct node *twin = new_zeroed(1, sizeof *twin);

    *twin = *node;
    twin->owned_name = twin->owned_target = NULL;
    twin->children = NULL;
    twin->references = 0;
    twin->removed = true;
    return twin;
}

void tree_ref(struct node *node) {
    node->references++;
}

void tree_unref(struct node *node, uint64_t count) {
    node->references -= count < node->references ? count : node->references;
    if (node->references == 0 && node->removed)
        destroy(node);
}
