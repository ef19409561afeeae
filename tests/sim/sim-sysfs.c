/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-sysfs MACHINE-FILE MOUNTPOINT: serves a /sys that behaves as the kernel's does where PCI
 * devices, their drivers and modules are concerned. Prints "ready" once it is mounted, and serves
 * until it gets a signal or is unmounted.
 *
 * This file is the FUSE side: it turns requests into calls on the tree. Whatever may change is
 * never remembered by the kernel, so what a program sees is always true.
 */
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include <errno.h>
#include <linux/fuse.h>
#include <signal.h>
#include <string.h>

#include "model.h"

/* As sysfs: a page, whatever is in the file. */
#define FILE_SIZE 4096

/* Enough for every device of a test to be stuck at the same time. */
#define THREADS 512

#define FOREVER 1e9

/* An open file: the text that reading made, and up to where it was read. */
struct handle {
    struct node *node;
    struct text text;
    off_t next;
};

struct request {
    struct caller caller;
    fuse_req_t fuse;
};

/* What every request is about. */
struct server {
    struct model *model;
    struct fuse_session *session;
};

static struct model *model_of(fuse_req_t fuse) {
    const struct server *server = fuse_req_userdata(fuse);

    return server->model;
}

/* Every request begins and ends with these two; in between nothing else changes. */
static struct model *enter(fuse_req_t fuse) {
    struct model *model = model_of(fuse);

    pthread_mutex_lock(&model->monitor.mutex);
    return model;
}

static void leave(struct model *model) {
    pthread_mutex_unlock(&model->monitor.mutex);
}

/* The same as leave(), for what may have taken names away that the kernel remembers: before the
 * caller gets its answer they are forgotten. Not with the monitor's mutex held, for the kernel may
 * be in the middle of a look-up there, and wait for the answer. */
static void leave_and_forget(const struct server *server) {
    struct model *model = server->model;
    struct gone *gone = take_pointer(model->tree.gone);
    size_t count = model->tree.n_gone;

    model->tree.n_gone = 0;
    leave(model);
    for (size_t i = 0; i < count; i++) {
        fuse_ino_t inode = gone[i].parent == &model->tree.root
                               ? FUSE_ROOT_ID
                               : (fuse_ino_t)(uintptr_t)gone[i].parent;

        fuse_lowlevel_notify_inval_entry(server->session, inode, gone[i].name,
                                         strlen(gone[i].name));
        free(gone[i].name);
    }
    free(gone);
}

static struct node *node_of(struct model *model, fuse_ino_t inode) {
    return inode == FUSE_ROOT_ID ? &model->tree.root : (struct node *)(uintptr_t)inode;
}

/* ---- killed processes ------------------------------------------------------------------------ */

/* A signal alone does not end a wait in sysfs, only one that kills does: the kernel then makes
 * SIGKILL pending, and /proc shows it. */
static bool kill_is_pending(pid_t thread) {
    _cleanup_free_ char *path = new_format("/proc/%d/status", thread), *line = NULL;
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    size_t size = 0;
    unsigned long long pending;

    if (!file)
        return true;
    while (getline(&line, &size, file) >= 0)
        if ((sscanf(line, "SigPnd: %llx", &pending) == 1 ||
             sscanf(line, "ShdPnd: %llx", &pending) == 1) &&
            (pending & 1ULL << (SIGKILL - 1)))
            return true;
    return false;
}

static bool caller_killed(struct caller *caller) {
    struct request *request = (struct request *)caller;

    return fuse_req_interrupted(request->fuse) && kill_is_pending(fuse_req_ctx(request->fuse)->pid);
}

static void caller_abandon(struct caller *caller) {
    struct request *request = (struct request *)caller;

    fuse_reply_err(request->fuse, EINTR);
}

static struct request new_request(fuse_req_t fuse) {
    return (struct request){.caller = {.killed = caller_killed,
                                       .abandon = caller_abandon,
                                       .process = fuse_req_ctx(fuse)->pid},
                            .fuse = fuse};
}

/* ---- names and attributes -------------------------------------------------------------------- */

static struct stat attributes_of(const struct node *node) {
    struct stat stat = {.st_ino = node->number, .st_nlink = 1, .st_blksize = FILE_SIZE};

    if (node->file) {
        stat.st_mode = S_IFREG | node->file->mode;
        stat.st_size = node->sizeless ? 0 : node->size ? (off_t)node->size : FILE_SIZE;
    } else if (node->target) {
        stat.st_mode = S_IFLNK | 0777;
        stat.st_size = (off_t)strlen(node->target);
    } else {
        stat.st_mode = S_IFDIR | 0755;
        stat.st_nlink = 2;
    }
    return stat;
}

/*
 * The kernel lets only one write at a time into a FUSE inode, and one that opens with O_TRUNC waits
 * for it as well; sysfs knows no such thing. So every look-up of a file that can be written gives
 * an inode of its own. (The flag in do_open() is for two look-ups that the kernel made one.)
 */
static struct node *identity(struct node *node) {
    return node->file && node->file->store ? tree_twin(node) : node;
}

static struct fuse_entry_param entry_of(struct node *node) {
    bool permanent = node->permanent && !(node->file && node->file->store);
    struct node *mine = identity(node);

    tree_ref(mine);
    return (struct fuse_entry_param){.ino = (fuse_ino_t)(uintptr_t)mine,
                                     .attr = attributes_of(mine),
                                     .attr_timeout = FOREVER,
                                     .entry_timeout = permanent ? FOREVER : 0};
}

static void do_lookup(fuse_req_t fuse, fuse_ino_t parent, const char *name) {
    struct model *model = enter(fuse);
    struct node *node = tree_find(node_of(model, parent), name);
    struct fuse_entry_param entry = {0};

    if (node)
        entry = entry_of(node);
    leave(model);
    if (node)
        fuse_reply_entry(fuse, &entry);
    else
        fuse_reply_err(fuse, ENOENT);
}

static void do_forget(fuse_req_t fuse, fuse_ino_t inode, uint64_t count) {
    struct model *model = enter(fuse);

    if (inode != FUSE_ROOT_ID)
        tree_unref(node_of(model, inode), count);
    leave(model);
    fuse_reply_none(fuse);
}

static void do_getattr(fuse_req_t fuse, fuse_ino_t inode, struct fuse_file_info *file) {
    struct model *model = enter(fuse);
    struct stat stat = attributes_of(node_of(model, inode));

    (void)file;
    leave(model);
    fuse_reply_attr(fuse, &stat, FOREVER);
}

/* O_TRUNC, which shells use: sysfs takes no notice of it either. */
static void do_setattr(fuse_req_t fuse, fuse_ino_t inode, struct stat *attributes, int which,
                       struct fuse_file_info *file) {
    (void)attributes;
    (void)which;
    do_getattr(fuse, inode, file);
}

static void do_readlink(fuse_req_t fuse, fuse_ino_t inode) {
    struct model *model = enter(fuse);
    const struct node *node = node_of(model, inode);
    _cleanup_free_ char *target = node->target ? new_string(node->target) : NULL;

    leave(model);
    if (target)
        fuse_reply_readlink(fuse, target);
    else
        fuse_reply_err(fuse, EINVAL);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void free_handle(struct handle *handle) {
    text_free(&handle->text);
    free(handle);
}

/* Replies by hand: libfuse before 3.15 has no name for parallel writes. */
static void reply_open(fuse_req_t fuse, struct handle *handle, uint32_t flags) {
    struct fuse_open_out out = {.fh = (uintptr_t)handle, .open_flags = flags};

    if (fuse_reply_buf(fuse, (const char *)&out, sizeof out) == -ENOENT)
        free_handle(handle);
}

static void do_open(fuse_req_t fuse, fuse_ino_t inode, struct fuse_file_info *file) {
    struct handle *handle = new_zeroed(1, sizeof *handle);

    (void)file;
    handle->node = node_of(model_of(fuse), inode);
    reply_open(fuse, handle, FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES | FOPEN_NOFLUSH);
}

static void do_release(fuse_req_t fuse, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode;
    free_handle((struct handle *)(uintptr_t)file->fh);
    fuse_reply_err(fuse, 0);
}

/* Makes the text of a file. Returns 0 or a negative errno. */
static int show(struct request *request, const struct node *node, struct text *text) {
    const struct file_kind *file = node->file;

    return file && file->show ? file->show(&request->caller, node->object, text) : -EIO;
}

/* Replies from a copy: once it is sent, the handle may be released by another thread. */
static void reply_part(fuse_req_t fuse, const char *data, size_t length) {
    struct text copy = {0};

    text_add_bytes(&copy, data, length);
    fuse_reply_buf(fuse, copy.data, copy.length);
    text_free(&copy);
}

/* Replies with the part of the text that was asked for. */
static void reply_text(fuse_req_t fuse, struct handle *handle, size_t size, off_t offset) {
    size_t start = (size_t)offset < handle->text.length ? (size_t)offset : handle->text.length;
    size_t rest = handle->text.length - start, length = rest < size ? rest : size;

    handle->next = offset + (off_t)length;
    reply_part(fuse, length > 0 ? handle->text.data + start : NULL, length);
}

/* As seq_file: reading on continues in the text that there is, any other read makes it anew. */
static void do_read(fuse_req_t fuse, fuse_ino_t inode, size_t size, off_t offset,
                    struct fuse_file_info *file) {
    struct handle *handle = (struct handle *)(uintptr_t)file->fh;
    bool on = offset > 0 && offset == handle->next;
    struct request request = new_request(fuse);
    struct model *model = enter(fuse);
    struct text text = {0};
    int r = on ? 0 : show(&request, handle->node, &text);

    (void)inode;
    /* Whoever asked has been killed and its file is closed: the handle is gone. */
    if (!request.caller.abandoned && !on) {
        text_free(&handle->text);
        handle->text = text;
        text = (struct text){0};
    }
    if (!request.caller.abandoned && r < 0)
        fuse_reply_err(fuse, -r);
    else if (!request.caller.abandoned)
        reply_text(fuse, handle, size, offset);
    text_free(&text);
    leave(model);
}

static void do_write(fuse_req_t fuse, fuse_ino_t inode, const char *data, size_t size, off_t offset,
                     struct fuse_file_info *file) {
    const struct node *node = ((struct handle *)(uintptr_t)file->fh)->node;
    size_t length = size < FILE_SIZE ? size : FILE_SIZE;
    _cleanup_free_ char *value = new_string_n(data, length);
    struct request request = new_request(fuse);
    const struct server *server = fuse_req_userdata(fuse);
    int r = -EIO;

    (void)inode;
    (void)offset;
    enter(fuse);
    if (node->file && node->file->store)
        r = node->file->store(&request.caller, node->object, value, length);
    /* Not by way of the request: if the caller was abandoned, it is gone. */
    leave_and_forget(server);
    if (request.caller.abandoned)
        return;
    if (r < 0)
        fuse_reply_err(fuse, -r);
    else
        fuse_reply_write(fuse, length);
}

/* ---- directories ----------------------------------------------------------------------------- */

static void add_entry(fuse_req_t fuse, struct text *list, const char *name,
                      const struct stat *stat) {
    char entry[512];
    size_t size = fuse_add_direntry(fuse, NULL, 0, name, NULL, 0);

    if (size > sizeof entry)
        return;
    fuse_add_direntry(fuse, entry, sizeof entry, name, stat, (off_t)(list->length + size));
    text_add_bytes(list, entry, size);
}

/* What is in the directory now: who reads it slowly sees one moment of it. */
static void do_opendir(fuse_req_t fuse, fuse_ino_t inode, struct fuse_file_info *file) {
    struct handle *handle = new_zeroed(1, sizeof *handle);
    struct model *model = enter(fuse);
    const struct node *node = node_of(model, inode), *child;
    struct stat stat = attributes_of(node);

    (void)file;
    add_entry(fuse, &handle->text, ".", &stat);
    add_entry(fuse, &handle->text, "..", &stat);
    for (child = node->children; child; child = child->next) {
        stat = attributes_of(child);
        add_entry(fuse, &handle->text, child->name, &stat);
    }
    leave(model);
    reply_open(fuse, handle, 0);
}

/* Offsets are positions in the list, so a reply ends after the last entry that fits. */
static void do_readdir(fuse_req_t fuse, fuse_ino_t inode, size_t size, off_t offset,
                       struct fuse_file_info *file) {
    const struct text *list = &((struct handle *)(uintptr_t)file->fh)->text;
    size_t start = (size_t)offset, end = start;

    (void)inode;
    while (end < list->length) {
        struct fuse_dirent entry;

        memcpy(&entry, list->data + end, offsetof(struct fuse_dirent, name));
        if (entry.off - start > size)
            break;
        end = entry.off;
    }
    reply_part(fuse, list->data + start, end - start);
}

static void do_mkdir(fuse_req_t fuse, fuse_ino_t parent, const char *name, mode_t mode) {
    struct model *model = enter(fuse);
    struct node *directory = node_of(model, parent);
    struct fuse_entry_param entry = {0};
    int r = !directory->kind             ? -EPERM
            : tree_find(directory, name) ? -EEXIST
                                         : directory->kind->make(directory->object, name);

    (void)mode;
    if (r == 0)
        entry = entry_of(tree_find(directory, name));
    leave(model);
    if (r == 0)
        fuse_reply_entry(fuse, &entry);
    else
        fuse_reply_err(fuse, -r);
}

static void do_rmdir(fuse_req_t fuse, fuse_ino_t parent, const char *name) {
    struct model *model = enter(fuse);
    const struct node *directory = tree_find(node_of(model, parent), name);
    int r = !directory         ? -ENOENT
            : !directory->kind ? -EPERM
                               : directory->kind->remove(directory->object);

    leave(model);
    fuse_reply_err(fuse, -r);
}

static void do_init(void *data, struct fuse_conn_info *connection) {
    (void)data;
    /* Each thread keeps a buffer of this size. */
    connection->max_write = 64 * 1024;
    /* The target of a link never changes: another target is another link. */
    connection->want |= connection->capable & FUSE_CAP_CACHE_SYMLINKS;
    connection->want &= ~(unsigned)FUSE_CAP_READDIRPLUS;
}

static const struct fuse_lowlevel_ops operations = {
    .init = do_init,
    .lookup = do_lookup,
    .forget = do_forget,
    .getattr = do_getattr,
    .setattr = do_setattr,
    .readlink = do_readlink,
    .open = do_open,
    .read = do_read,
    .write = do_write,
    .release = do_release,
    .opendir = do_opendir,
    .readdir = do_readdir,
    .releasedir = do_release,
    .mkdir = do_mkdir,
    .rmdir = do_rmdir,
};

/* ---- the program ----------------------------------------------------------------------------- */

static void *serve(void *data) {
    struct fuse_session *session = data;
    struct fuse_loop_config *config = fuse_loop_cfg_create();

    fuse_loop_cfg_set_max_threads(config, THREADS);
    fuse_loop_cfg_set_idle_threads(config, 8);
    fuse_session_loop_mt(session, config);
    _exit(EXIT_SUCCESS); /* unmounted by somebody else */
}

static struct fuse_session *new_session(struct server *server) {
    char name[] = "sim-sysfs", option[] = "-o",
         options[] = "allow_other,default_permissions,fsname=sim-sysfs,subtype=sim";
    char *arguments[] = {name, option, options, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
    struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, server);

    fuse_opt_free_args(&args);
    return session;
}

/* A thread stuck in a hanging operation must not keep the program from ending: the signals come
 * here, and nobody is waited for. */
static void serve_until_signal(struct fuse_session *session) {
    sigset_t signals;
    pthread_t thread;
    int signal;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, serve, session) != 0)
        die(EXIT_FAILURE, "cannot start a thread");
    puts("ready");
    fflush(stdout);
    sigwait(&signals, &signal);
    fuse_session_unmount(session);
}

int main(int argc, char *argv[]) {
    _cleanup_fclose_ FILE *file = NULL;
    struct machine *machine;
    struct server server = {0};

    if (argc != 3) {
        fprintf(stderr, "usage: sim-sysfs MACHINE-FILE MOUNTPOINT\n");
        return 2;
    }
    file = fopen(argv[1], "re");
    if (!file)
        die(EXIT_FAILURE, "%s: %s", argv[1], strerror(errno));
    machine = machine_read(file, argv[1]);
    if (!machine)
        return EXIT_FAILURE;
    server.model = model_new(machine);
    server.session = new_session(&server);
    if (!server.session)
        return EXIT_FAILURE;
    if (fuse_session_mount(server.session, argv[2]) != 0)
        return EXIT_SKIPPED;
    serve_until_signal(server.session);
    return EXIT_SUCCESS;
}
