/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "step.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "json-record.h"
#include "log.h"
#include "work.h"

#define UNDO_RESERVE_USEC (5 * USEC_PER_SEC)

static const struct step_kind *const kinds[] = {
    &step_kind_module,    &step_kind_bind,    &step_kind_mdev, &step_kind_vgpu,
    &step_kind_hugepages, &step_kind_isolate, &step_kind_irq,  &step_kind_governor,
    &step_kind_latency,   &step_kind_pin,
};

int steps_add(struct steps *steps, const struct step_kind *kind, struct json_object *data) {
    _cleanup_json_ struct json_object *owned = data;
    struct step *larger;

    if (!owned || !json_add(owned, "step", json_object_new_string(kind->name)))
        return -ENOMEM;
    if (!kind->valid(owned))
        return -EINVAL;
    larger = reallocarray(steps->items, steps->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    steps->items = larger;
    larger[steps->count++] = (struct step){.kind = kind, .data = take_pointer(owned)};
    return 0;
}

int steps_add_from_json(struct steps *steps, struct json_object *data) {
    const char *name = json_string(data, "step");

    for (size_t i = 0; name && i < ELEMENTS(kinds); i++)
        if (strcmp(name, kinds[i]->name) == 0)
            return steps_add(steps, kinds[i], json_object_get(data));
    return -EINVAL;
}

int steps_move(struct steps *to, struct steps *from) {
    struct step *larger;

    if (from->count == 0)
        return 0;
    larger = reallocarray(to->items, to->count + from->count, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    to->items = larger;
    memcpy(&larger[to->count], from->items, from->count * sizeof *larger);
    to->count += from->count;
    from->count = 0;
    return 0;
}

void steps_done(struct steps *steps) {
    for (size_t i = 0; i < steps->count; i++)
        json_object_put(steps->items[i].data);
    free(steps->items);
}

static int run_apply(void *data, uint64_t deadline, struct error *error) {
    const struct step *step = data;

    return step->kind->apply(step->data, deadline, error);
}

static int run_undo(void *data, uint64_t deadline, struct error *error) {
    const struct step *step = data;

    return step->kind->undo(step->data, deadline, error);
}

static int open_lock(void *data) {
    const struct step *step = data;

    return step->kind->open_lock ? step->kind->open_lock(step->data) : -1;
}

static void describe_timeout(const struct step *step, bool undo, int result, struct error *error) {
    _cleanup_free_ char *what = step->kind->describe(step->data, undo);

    if (result == -EBUSY)
        error_set(
            error, EALREADY,
            "%s has to wait for an earlier attempt, which hangs in the kernel. The kernel log may "
            "tell why",
            what ? what : step->kind->name);
    else
        error_set(error, ETIME,
                  "%s did not end in time: %s is slow (then allow a longer timeout in "
                  "/etc/hostdevctl), or hangs%s. The kernel log may tell why",
                  what ? what : step->kind->name, step->kind->who ? step->kind->who : "its driver",
                  step->kind->who ? "" : " in the kernel");
}

/* Keeps the first error of several for the person, and logs the others. */
static void collect(const struct step *step, struct work *work, bool undo, struct error *error) {
    if (work->result == 0)
        return;
    if (!work->error.code)
        describe_timeout(step, undo, work->result, &work->error);
    if (error->code)
        log_warning("%s", error_text(&work->error));
    else
        error_move(error, &work->error);
}

/* Who is told of each step that was undone. */
struct listener {
    steps_undone undone;
    void *data;
};

static void tell(const struct listener *listener, const struct step *step, struct work *work) {
    if (work->result != 0 && !work->error.code)
        describe_timeout(step, true, work->result, &work->error);
    listener->undone(listener->data, step, work->result == 0 ? NULL : &work->error);
}

/* Runs the `count` neighbours at `steps` side by side; to undo them when there is somebody to be
 * told of that. */
static int run_side_by_side(struct step *steps, size_t count, const struct listener *undo,
                            uint64_t deadline, struct error *error) {
    _cleanup_free_ struct work *work = calloc(count, sizeof *work);

    if (!work)
        return error_oom(error);
    for (size_t i = 0; i < count; i++)
        work[i] = (struct work){
            .run = undo ? run_undo : run_apply,
            .open_lock = open_lock,
            .data = &steps[i],
        };
    work_run(work, count, deadline);
    for (size_t i = 0; i < count; i++) {
        if (undo)
            tell(undo, &steps[i], &work[i]);
        collect(&steps[i], &work[i], undo, error);
        error_clear(&work[i].error);
    }
    return -error->code;
}

/* How many steps from `first` on may run together, going up or down the list. */
static size_t neighbours(const struct steps *steps, size_t first, int direction) {
    const struct step_kind *kind = steps->items[first].kind;
    size_t count = 1, left = direction > 0 ? steps->count - first : first + 1;

    while (kind->side_by_side && count < left &&
           steps->items[direction > 0 ? first + count : first - count].kind == kind)
        count++;
    return count;
}

int steps_apply(const struct steps *steps, uint64_t deadline, struct error *error) {
    for (size_t i = 0; i < steps->count;) {
        size_t count = neighbours(steps, i, +1);
        int r = 0;

        if (steps->items[i].kind->apply)
            r = run_side_by_side(&steps->items[i], count, NULL, deadline, error);
        if (r < 0)
            return r;
        i += count;
    }
    return 0;
}

/* One that hangs leaves some of the time to those that come after it, if any do. */
static uint64_t undo_deadline(const struct steps *steps, size_t left, uint64_t deadline) {
    uint64_t now = now_usec(), half = deadline > now ? (deadline - now) / 2 : 0;

    while (left > 0 && !steps->items[left - 1].kind->undo)
        left--;
    if (left == 0)
        return deadline;
    return deadline - (half < UNDO_RESERVE_USEC ? half : UNDO_RESERVE_USEC);
}

int steps_undo_and_tell(const struct steps *steps, uint64_t deadline, steps_undone undone,
                        void *data, struct error *error) {
    const struct listener listener = {undone, data};

    for (size_t left = steps->count; left > 0;) {
        size_t count = neighbours(steps, left - 1, -1);
        _cleanup_error_ struct error failure = {0};

        left -= count;
        if (!steps->items[left].kind->undo)
            continue;
        if (run_side_by_side(&steps->items[left], count, &listener,
                             undo_deadline(steps, left, deadline), &failure) == 0)
            continue;
        if (error->code)
            log_warning("%s", error_text(&failure));
        else
            error_move(error, &failure);
    }
    return -error->code;
}

static void tell_nobody(_unused_ void *data, _unused_ const struct step *step,
                        _unused_ const struct error *failure) {
}

int steps_undo(const struct steps *steps, uint64_t deadline, struct error *error) {
    return steps_undo_and_tell(steps, deadline, tell_nobody, NULL, error);
}
