/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A step: one thing done to the host that knows how to undo itself. What a step needs for both is a
 * flat JSON object, written to the journal before the step acts, so that whoever comes next can
 * undo it from the journal alone.
 *
 * A new kind of step is a new file with its table of functions, a row in step.c, and a constructor
 * here for the plan.
 */

#include <stdbool.h>

#include <json-c/json_object.h>

#include "cpulist.h"
#include "error.h"
#include "host.h"
#include "policy-cpu.h"

struct step;

struct step_kind {
    const char *name;  /* in the journal; never changes once released */
    const char *who;   /* does the work, for messages; NULL: the device's driver */
    bool side_by_side; /* neighbours of this kind do not depend on each other */

    /* Whether the data, which may come from a damaged journal, is complete and sane. */
    bool (*valid)(struct json_object *data);
    /* What it does, or what undoing it does, for a person: "taking 0000:01:00.0 from nvme for the
     * VM". Owned by the caller; NULL for lack of memory. */
    char *(*describe)(struct json_object *data, bool undo);
    /* Opens what the worker locks while it acts or undoes, so that no two of them work on one thing
     * at once; negative: nothing, for it is gone. NULL: never anything. */
    int (*open_lock)(struct json_object *data);
    /* Both run in a worker process, may block, and do nothing where nothing is left to do. No
     * apply: there is nothing to do at prepare. No undo: what was done may stay. */
    int (*apply)(struct json_object *data, uint64_t deadline, struct error *error);
    int (*undo)(struct json_object *data, uint64_t deadline, struct error *error);
};

extern const struct step_kind step_kind_module;
extern const struct step_kind step_kind_bind;
extern const struct step_kind step_kind_mdev;
extern const struct step_kind step_kind_vgpu;
extern const struct step_kind step_kind_hugepages;
extern const struct step_kind step_kind_isolate;
extern const struct step_kind step_kind_irq;
extern const struct step_kind step_kind_governor;
extern const struct step_kind step_kind_latency;
extern const struct step_kind step_kind_pin;

struct step {
    const struct step_kind *kind;
    struct json_object *data; /* owned; its "step" is the kind's name */
};

/* In the order they are applied. */
struct steps {
    struct step *items;
    size_t count;
};

/* Appends a step of a kind with the data of the caller, who gives it away even on failure (NULL
 * data: lack of memory). -ENOMEM; -EINVAL when the data is not valid: it never gets to a journal.
 */
int steps_add(struct steps *steps, const struct step_kind *kind,
              struct json_object *data) _must_check_;

/* Appends the step that an object from a journal describes (its reference count is raised).
 * -EINVAL: a kind unknown to this program, or data that is not valid. */
int steps_add_from_json(struct steps *steps, struct json_object *data) _must_check_;

/* Moves all steps of `from` behind those of `to`. -ENOMEM: both are as before. */
int steps_move(struct steps *to, struct steps *from) _must_check_;

void steps_done(struct steps *steps);

#define _cleanup_steps_ _cleanup_(steps_done)

/* Applies all steps in order, neighbours side by side where their kind allows. Stops at the first
 * failure: the error says which step and why, and nothing is undone here. */
int steps_apply(const struct steps *steps, uint64_t deadline, struct error *error) _must_check_;

/* Undoes all steps, last first, each as far as it can be; the error is that of the first failure.
 * Steps that were never applied, or are undone already, are left as they are. */
int steps_undo(const struct steps *steps, uint64_t deadline, struct error *error) _must_check_;

/* As steps_undo; `undone` is called for each step that has something to undo, as soon as that is
 * done: with NULL, or with the reason why it could not be. */
typedef void (*steps_undone)(void *data, const struct step *step, const struct error *failure);
int steps_undo_and_tell(const struct steps *steps, uint64_t deadline, steps_undone undone,
                        void *data, struct error *error) _must_check_;

/* ---- constructors of the data, for the plan; NULL for lack of memory ------------------------ */

/* Load a kernel module that provides a driver. It stays loaded afterwards: unloading is what breaks
 * the next VM. */
struct json_object *step_module_new(const char *module) _must_check_;

/* The module of such a step. Owned by the step. */
const char *step_module_name(const struct step *step);

/* Bind a device to a VFIO driver; how it is found, and what it is, is remembered for the way back.
 */
struct json_object *step_bind_new(const struct host_device *device,
                                  const char *driver) _must_check_;

/* Create a mediated device of a type, on the first of `n_parents` parents that has an instance
 * free, and write `attributes` (see mdev-attributes.h; shared) into it; or have mdevctl do it on
 * its one parent, and run its scripts. */
struct json_object *step_mdev_new(const char *uuid, const char *type, const char *const *parents,
                                  size_t n_parents, struct json_object *attributes,
                                  bool by_mdevctl) _must_check_;

/* Make an NVIDIA vGPU of a type of a virtual function. */
struct json_object *step_vgpu_new(const struct host_device *device, unsigned type) _must_check_;

/* Keep the host off the CPUs of a domain: its tasks, its interrupts. What is in force is the sum of
 * all VMs' (see summed.h). */
struct json_object *step_isolate_new(const char *domain, const struct cpulist *cpus) _must_check_;
struct json_object *step_irq_new(const char *domain, const struct cpulist *cpus) _must_check_;

/* Set frequency governor and energy preference of the CPUs of a domain, each unless it is NULL. */
struct json_object *step_governor_new(const char *domain, const struct cpulist *cpus,
                                      const char *governor, const char *preference) _must_check_;

/* Let the CPUs of a domain sleep no deeper than that they wake up in `usec`. */
struct json_object *step_latency_new(const char *domain, const struct cpulist *cpus,
                                     unsigned usec) _must_check_;

/* How many huge pages are needed, on any of the nodes. */
struct hugepage_need {
    struct cpulist nodes;
    uint64_t count;
};

struct hugepage_needs {
    struct hugepage_need *items;
    size_t count;
};

/* Have the huge pages of a size in KiB that the domain needs; where there is a choice, on the nodes
 * of `near` first. */
struct json_object *step_hugepages_new(const char *domain, const struct hugepage_needs *needs,
                                       uint64_t kib, const struct cpulist *near) _must_check_;

/* The size of the pages of such a step. */
uint64_t step_hugepages_kib(const struct step *step);

struct cpu_plan;

/* Where the threads of the domain run, and how they are scheduled (see step-pin.h). */
struct json_object *step_pin_new(const char *domain, const struct cpu_plan *plan,
                                 const struct policy_cpu *policy) _must_check_;
