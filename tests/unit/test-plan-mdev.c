/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "json-record.h"
#include "mdev-attributes.h"
#include "plan.h"

#define UUID "db10f5f6-0546-4c1c-96c7-1ffe204ae6ce"
#define OTHER "0b1ae2a5-35a6-4d26-8c2c-9c1a0c4f5a11"

/*
 * Three parents: an Intel GPU, and two NVIDIA GPUs on NUMA nodes 0 and 1 with the same types.
 */
enum { V5_4, V5_8, A63, A64, B63, B64, TYPES };

struct fixture {
    struct host_mdev_type types[TYPES];
    struct host_mdev device;
    struct host host;
    struct domain_mdev mdevs[2];
    struct domain domain;
    struct policy *policy;
    struct steps loads;
    struct steps steps;
    struct intent intent;
    struct refusal refusal;
};

static struct host_mdev_type type(const char *parent, const char *name, int node, int available) {
    struct host_mdev_type ret = {.numa_node = node, .available = available};

    strcpy(ret.parent, parent);
    strcpy(ret.name, name);
    return ret;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    f->types[V5_4] = type("0000:00:02.0", "i915-GVTg_V5_4", -1, 4);
    f->types[V5_8] = type("0000:00:02.0", "i915-GVTg_V5_8", -1, 8);
    f->types[A63] = type("0000:41:00.0", "nvidia-63", 0, 4);
    f->types[A64] = type("0000:41:00.0", "nvidia-64", 0, 0);
    f->types[B63] = type("0000:81:00.0", "nvidia-63", 1, 2);
    f->types[B64] = type("0000:81:00.0", "nvidia-64", 1, 0);
    f->host.mdevs.types = f->types;
    f->host.mdevs.n_types = TYPES;
    f->host.mdevs.gvt = GVT_ON;
    strcpy(f->mdevs[0].uuid, UUID);
    strcpy(f->mdevs[1].uuid, OTHER);
    f->domain.mdevs = f->mdevs;
    f->domain.n_mdevs = 1;
    f->policy = calloc(1, sizeof *f->policy);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;

    intent_done(&f->intent);
    steps_done(&f->loads);
    steps_done(&f->steps);
    policy_free(f->policy);
    free(f);
    return 0;
}

static struct policy_mdev *say(struct fixture *f, enum policy_mdev_source source, const char *name,
                               const char *parent) {
    struct policy_mdev *mdev =
        policy_add_mdev(f->policy, source, source == MDEV_DEFAULTS ? "" : UUID);

    mdev->type = name ? strdup(name) : NULL;
    mdev->parent = parent ? strdup(parent) : NULL;
    return mdev;
}

static int plan(struct fixture *f) {
    return plan_steps(&f->domain, f->policy, &f->host, &f->intent, &f->steps, &f->refusal);
}

static void assert_refused(struct fixture *f, enum refusal_reason reason) {
    assert_int_equal(plan(f), PLAN_REFUSED);
    assert_int_equal(f->refusal.reason, reason);
    assert_string_equal(f->refusal.uuid, UUID);
    assert_int_equal(f->steps.count, 0);
}

/* The step creates the device with this type, on these parents, in this order. */
static void assert_creates(const struct fixture *f, size_t i, const char *uuid, const char *name,
                           const char *parents) {
    struct json_object *data;

    if (i >= f->steps.count) {
        fail_msg("there is no step %zu", i);
        return;
    }
    data = f->steps.items[i].data;
    assert_ptr_equal(f->steps.items[i].kind, &step_kind_mdev);
    assert_string_equal(json_string(data, "uuid"), uuid);
    assert_string_equal(json_string(data, "type"), name);
    assert_string_equal(
        json_object_to_json_string_ext(json_object_object_get(data, "parents"),
                                       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        parents);
}

/* ---- where type and parent come from ------------------------------------------------------- */

static void takes_the_first_that_says_a_type(void **state) {
    struct fixture *f = *state;

    f->mdevs[0].type = "i915-GVTg_V5_8";
    say(f, MDEV_SECTION, "i915-GVTg_V5_4", NULL);
    say(f, MDEV_MDEVCTL, "nvidia-63", "0000:41:00.0");
    say(f, MDEV_DEFAULTS, "nvidia-64", NULL);
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "i915-GVTg_V5_4", "[\"0000:00:02.0\"]");
}

static void takes_mdevctls_definition(void **state) {
    struct fixture *f = *state;

    f->mdevs[0].type = "i915-GVTg_V5_8";
    say(f, MDEV_MDEVCTL, "nvidia-63", "0000:81:00.0");
    say(f, MDEV_DEFAULTS, "nvidia-64", NULL);
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:81:00.0\"]");
}

static void takes_the_metadata(void **state) {
    struct fixture *f = *state;

    f->mdevs[0].type = "i915-GVTg_V5_8";
    say(f, MDEV_DEFAULTS, "nvidia-64", NULL);
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "i915-GVTg_V5_8", "[\"0000:00:02.0\"]");
}

static void takes_the_defaults(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_DEFAULTS, "nvidia-63", "0000:81:00.0");
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:81:00.0\"]");
}

static void own_parent_always_counts(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_SECTION, NULL, "0000:81:00.0");
    say(f, MDEV_DEFAULTS, "nvidia-63", "0000:41:00.0");
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:81:00.0\"]");
}

static void chooses_among_definitions_by_parent(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_MDEVCTL, "nvidia-63", "0000:41:00.0");
    say(f, MDEV_MDEVCTL, "nvidia-63", "0000:81:00.0");
    assert_refused(f, REFUSED_MDEV_AMBIGUOUS);
    say(f, MDEV_SECTION, NULL, "0000:81:00.0");
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:81:00.0\"]");
}

static void adds_attributes(void **state) {
    struct fixture *f = *state;
    struct policy_mdev *own = say(f, MDEV_SECTION, NULL, NULL);

    assert_int_equal(mdev_attributes_add(&own->attributes, "b", "2"), 0);
    assert_int_equal(
        mdev_attributes_add(&say(f, MDEV_DEFAULTS, "nvidia-63", NULL)->attributes, "a", "1"), 0);
    assert_int_equal(plan(f), 0);
    assert_string_equal(
        json_object_to_json_string_ext(json_object_object_get(f->steps.items[0].data, "attributes"),
                                       JSON_C_TO_STRING_PLAIN),
        "[{\"a\":\"1\"},{\"b\":\"2\"}]");
}

static void leaves_scripts_to_mdevctl(void **state) {
    struct fixture *f = *state;
    struct policy_mdev *definition = say(f, MDEV_MDEVCTL, "nvidia-63", "0000:41:00.0");

    definition->by_mdevctl = true;
    assert_int_equal(mdev_attributes_add(&definition->attributes, "a", "1"), 0);
    assert_int_equal(plan(f), 0);
    assert_string_equal(json_string(f->steps.items[0].data, "by"), "mdevctl");
    /* mdevctl writes those itself. */
    assert_null(json_object_object_get(f->steps.items[0].data, "attributes"));
}

/* ---- where it is created ------------------------------------------------------------------- */

static void prefers_the_emptiest(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_DEFAULTS, "nvidia-63", NULL);
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:41:00.0\",\"0000:81:00.0\"]");
}

static void prefers_the_near_node(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_DEFAULTS, "nvidia-63", NULL);
    cpulist_add(&f->host.mdevs.nodes, 1);
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:81:00.0\",\"0000:41:00.0\"]");
}

static void counts_its_own(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_DEFAULTS, "nvidia-63", NULL);
    f->domain.n_mdevs = 2;
    f->types[A63].available = 1;
    f->types[B63].available = 1;
    assert_int_equal(plan(f), 0);
    assert_creates(f, 0, UUID, "nvidia-63", "[\"0000:41:00.0\",\"0000:81:00.0\"]");
    assert_creates(f, 1, OTHER, "nvidia-63", "[\"0000:81:00.0\"]");
}

/* ---- what is there already ----------------------------------------------------------------- */

static void exist(struct fixture *f, const char *name) {
    strcpy(f->device.mdev.uuid, UUID);
    strcpy(f->device.mdev.type, name);
    f->host.mdevs.devices = &f->device;
    f->host.mdevs.n_devices = 1;
}

static void uses_what_exists(void **state) {
    struct fixture *f = *state;

    exist(f, "nvidia-64");
    assert_int_equal(plan(f), 0);
    say(f, MDEV_SECTION, "nvidia-64", NULL);
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
}

static void refuses_what_exists_differently(void **state) {
    struct fixture *f = *state;

    exist(f, "nvidia-64");
    say(f, MDEV_SECTION, "nvidia-63", NULL);
    assert_refused(f, REFUSED_MDEV_OTHER_TYPE);
}

static void refuses_what_is_held(void **state) {
    struct fixture *f = *state;

    exist(f, "nvidia-64");
    f->device.held = true;
    assert_refused(f, REFUSED_MDEV_HELD);
}

/* ---- refusals ------------------------------------------------------------------------------ */

static void refuses_without_a_type(void **state) {
    assert_refused(*state, REFUSED_MDEV_UNKNOWN);
}

static void refuses_unknown_types_and_parents(void **state) {
    struct fixture *f = *state;
    struct policy_mdev *own = say(f, MDEV_SECTION, "nvidia-99", NULL);

    assert_refused(f, REFUSED_MDEV_TYPE);
    own->parent = strdup("0000:00:02.0");
    assert_refused(f, REFUSED_MDEV_TYPE);
    strcpy(own->parent, "0000:00:03.0");
    assert_refused(f, REFUSED_MDEV_NO_PARENT);
    f->host.mdevs.n_types = 0;
    assert_refused(f, REFUSED_MDEV_NO_PARENT);
}

static void refuses_what_is_full(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_DEFAULTS, "nvidia-64", NULL);
    assert_refused(f, REFUSED_MDEV_FULL);
}

/* ---- modules ------------------------------------------------------------------------------- */

static void assert_loads(struct fixture *f, const char *module) {
    assert_int_equal(plan_loads(&f->domain, f->policy, &f->host, &f->loads), 0);
    assert_int_equal(f->loads.count, module ? 1 : 0);
    if (module)
        assert_string_equal(step_module_name(&f->loads.items[0]), module);
}

static void loads_nothing_in_vain(void **state) {
    struct fixture *f = *state;

    f->host.mdevs.kvmgt = true;
    assert_loads(f, NULL);
    say(f, MDEV_SECTION, "i915-GVTg_V5_4", NULL);
    assert_loads(f, NULL);
}

static void loads_kvmgt(void **state) {
    struct fixture *f = *state;

    f->host.mdevs.types = &f->types[A63];
    f->host.mdevs.n_types = 2;
    say(f, MDEV_DEFAULTS, "i915-GVTg_V5_4", NULL);
    f->domain.n_mdevs = 2;
    assert_loads(f, "kvmgt");
}

static void loads_kvmgt_to_know_the_types(void **state) {
    struct fixture *f = *state;

    f->host.mdevs.n_types = 0;
    assert_loads(f, "kvmgt");
}

static void loads_nvidias(void **state) {
    struct fixture *f = *state;

    say(f, MDEV_SECTION, "nvidia-65", NULL);
    assert_loads(f, "nvidia_vgpu_vfio");
}

#define CASE(sentence, function)                                                                   \
    { sentence, function, set_up, tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE("[mdev UUID] comes before all others", takes_the_first_that_says_a_type),
        CASE("mdevctl's definition comes second", takes_mdevctls_definition),
        CASE("the VM's metadata come third", takes_the_metadata),
        CASE("[mdev] comes last", takes_the_defaults),
        CASE("a parent in [mdev UUID] counts whoever says the type", own_parent_always_counts),
        CASE("one UUID defined on two parents is ambiguous until the parent is named",
             chooses_among_definitions_by_parent),
        CASE("attributes of the source come first, those of [mdev UUID] behind", adds_attributes),
        CASE("a definition with scripts is left to mdevctl", leaves_scripts_to_mdevctl),
        CASE("the emptiest parent is tried first, the others after it", prefers_the_emptiest),
        CASE("a parent on the VM's NUMA node comes before an emptier one", prefers_the_near_node),
        CASE("a VM's own devices are spread over the parents", counts_its_own),
        CASE("a device that exists with the right type gets no step", uses_what_exists),
        CASE("a device that exists with another type is refused", refuses_what_exists_differently),
        CASE("a device that somebody holds is refused", refuses_what_is_held),
        CASE("a device of which nobody says the type is refused", refuses_without_a_type),
        CASE("types and parents that are not there are refused", refuses_unknown_types_and_parents),
        CASE("a type without a free instance is refused", refuses_what_is_full),
        CASE("no module is loaded where the type is offered", loads_nothing_in_vain),
        CASE("kvmgt is loaded once when nothing offers an i915 type", loads_kvmgt),
        CASE("kvmgt is loaded to know the types where GVT-g is on", loads_kvmgt_to_know_the_types),
        CASE("NVIDIA's module is loaded for its types", loads_nvidias),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
