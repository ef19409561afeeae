/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "json-record.h"
#include "plan.h"

/* A host with 8 cores of two threads: N and N + 8 are siblings; and a VM with four vCPUs. */
struct fixture {
    struct topology_cpu cpus[16];
    struct host host;
    struct domain_pin vcpupin;
    struct domain_hugepages pages[2];
    struct domain domain;
    struct policy policy;
    struct policy_pin_entry map[2];
    struct intent intent;
    struct steps steps;
    struct refusal refusal;
};

static struct cpulist list(const char *text) {
    struct cpulist cpus;

    assert_int_equal(cpulist_parse(text, &cpus), 0);
    return cpus;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    for (unsigned i = 0; i < 16; i++)
        f->cpus[i] = (struct topology_cpu){.cpu = i, .core = i % 8};
    f->host.cpus.topology = (struct topology){.cpus = f->cpus, .count = 16, .online = list("0-15")};
    f->host.cpus.memory_nodes = list("0-1");
    f->host.cpus.hugepage_kib = 2048;
    f->domain.name = (char *)"win10";
    f->domain.cpu.vcpus = f->domain.cpu.vcpus_current = 4;
    f->domain.memory.kib = 1024 * 1024 + 1;
    f->domain.memory.pages = f->pages;
    f->policy.cpu.map = f->map;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;

    intent_done(&f->intent);
    steps_done(&f->steps);
    free(f);
    return 0;
}

static int plan(struct fixture *f) {
    int r = plan_intent(&f->domain, &f->policy, &f->host, &f->intent, &f->refusal);

    return r == 0 ? plan_steps(&f->domain, &f->policy, &f->host, &f->intent, &f->steps, &f->refusal)
                  : r;
}

static void assert_refused(struct fixture *f, enum refusal_reason reason) {
    assert_int_equal(plan(f), PLAN_REFUSED);
    assert_int_equal(f->refusal.reason, reason);
    assert_int_equal(f->steps.count, 0);
}

static struct json_object *step(struct fixture *f, const struct step_kind *kind) {
    for (size_t i = 0; i < f->steps.count; i++)
        if (f->steps.items[i].kind == kind)
            return f->steps.items[i].data;
    return NULL;
}

static void assert_json(struct json_object *data, const char *key, const char *expected) {
    assert_string_equal(
        json_object_to_json_string_ext(json_object_object_get(data, key), JSON_C_TO_STRING_PLAIN),
        expected);
}

static void does_nothing_unasked(void **state) {
    struct fixture *f = *state;

    assert_false(plan_takes_anything(&f->domain, &f->policy));
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
    assert_int_equal(f->intent.claims.count, 0);
}

static void pins_by_itself(void **state) {
    struct fixture *f = *state;
    struct json_object *pin;

    f->policy.cpu.pin = PIN_AUTO;
    f->domain.cpu.iothreads = 1;
    assert_true(plan_takes_anything(&f->domain, &f->policy));
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
    pin = step(f, &step_kind_pin);
    assert_json(pin, "vcpus", "[\"1\",\"9\",\"2\",\"10\"]");
    /* Those leave these CPUs alone, and whatever is isolated, when they are there. */
    assert_json(pin, "emulator", "[\"\"]");
    assert_json(pin, "iothreads", "[\"\"]");
    assert_json(pin, "auto", "true");
    assert_non_null(claims_conflict(&f->intent.claims, "cpu 9"));
    assert_null(claims_conflict(&f->intent.claims, "pinned 9"));
    assert_null(claims_conflict(&f->intent.claims, "cpu 3"));
}

static void isolates_what_it_pins(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.pin = PIN_AUTO;
    f->policy.cpu.isolate = true;
    f->policy.cpu.move_irqs = true;
    f->policy.cpu.governor = (char *)"performance";
    f->policy.cpu.limits_latency = true;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 5);
    assert_string_equal(json_string(step(f, &step_kind_isolate), "cpus"), "1-2,9-10");
    assert_string_equal(json_string(step(f, &step_kind_irq), "cpus"), "1-2,9-10");
    assert_string_equal(json_string(step(f, &step_kind_governor), "governor"), "performance");
    assert_string_equal(json_string(step(f, &step_kind_latency), "cpus"), "1-2,9-10");
    assert_non_null(claims_conflict(&f->intent.claims, "cpu 9"));
    assert_non_null(claims_conflict(&f->intent.claims, "pinned 9"));
}

static void leaves_the_xml_its_pins(void **state) {
    struct fixture *f = *state;
    struct json_object *pin;

    f->policy.cpu.pin = PIN_AUTO;
    f->policy.cpu.isolate = true;
    f->vcpupin.cpuset = (char *)"4-5,12-13";
    f->domain.cpu.vcpupins = &f->vcpupin;
    f->domain.cpu.n_vcpupins = 1;
    f->domain.cpu.emulatorpin = (char *)"0";
    assert_int_equal(plan(f), 0);
    pin = step(f, &step_kind_pin);
    assert_json(pin, "vcpus", "[\"\",\"\",\"\",\"\"]");
    assert_json(pin, "emulator", "[\"\"]");
    assert_string_equal(json_string(step(f, &step_kind_isolate), "cpus"), "4-5,12-13");
}

static void leaves_the_xml_its_cpuset(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.pin = PIN_AUTO;
    f->policy.cpu.isolate = true;
    f->domain.cpu.cpuset = (char *)"8-15,^8";
    assert_int_equal(plan(f), 0);
    assert_json(step(f, &step_kind_pin), "emulator", "[\"\"]");
    assert_string_equal(json_string(step(f, &step_kind_isolate), "cpus"), "9-15");
}

static void follows_a_map(void **state) {
    struct fixture *f = *state;
    struct json_object *pin;

    f->policy.cpu.pin = PIN_MAP;
    f->policy.cpu.n_map = 2;
    f->map[0] = (struct policy_pin_entry){THREADS_VCPU, 0, 1, list("4,12")};
    f->map[1] = (struct policy_pin_entry){THREADS_EMULATOR, 0, 0, list("0")};
    assert_int_equal(plan(f), 0);
    pin = step(f, &step_kind_pin);
    assert_json(pin, "vcpus", "[\"4,12\",\"4,12\",\"\",\"\"]");
    assert_json(pin, "emulator", "[\"0\"]");
}

static void refuses_bad_maps(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.pin = PIN_MAP;
    f->policy.cpu.n_map = 1;
    f->map[0] = (struct policy_pin_entry){THREADS_VCPU, 4, 4, list("4")};
    assert_refused(f, REFUSED_CPU_NO_VCPU);
    assert_int_equal(f->refusal.thread, 4);
    intent_done(&f->intent);
    f->intent = (struct intent){0};
    f->map[0] = (struct policy_pin_entry){THREADS_IOTHREAD, 1, 1, list("4")};
    assert_refused(f, REFUSED_CPU_NO_IOTHREAD);
    intent_done(&f->intent);
    f->intent = (struct intent){0};
    f->map[0] = (struct policy_pin_entry){THREADS_VCPU, 0, 0, list("4,16")};
    assert_refused(f, REFUSED_CPU_OFFLINE);
    assert_int_equal(f->refusal.cpu, 16);
}

static void leaves_iothreads_with_high_numbers_alone(void **state) {
    struct fixture *f = *state;
    unsigned id = 8193;

    f->policy.cpu.pin = PIN_AUTO;
    f->domain.cpu.iothreads = 1;
    f->domain.cpu.iothread_ids = &id;
    f->domain.cpu.n_iothread_ids = 1;
    assert_int_equal(plan(f), 0);
    assert_int_equal(
        json_object_array_length(json_object_object_get(step(f, &step_kind_pin), "iothreads")),
        8192);
}

static void refuses_to_pin_iothreads_with_high_numbers(void **state) {
    struct fixture *f = *state;
    _cleanup_error_ struct error error = {0};
    unsigned id = 8193;

    f->policy.cpu.pin = PIN_MAP;
    f->policy.cpu.n_map = 1;
    f->policy.file = (char *)"win10.conf";
    f->domain.cpu.iothreads = 1;
    f->domain.cpu.iothread_ids = &id;
    f->domain.cpu.n_iothread_ids = 1;
    f->map[0] = (struct policy_pin_entry){THREADS_IOTHREAD, 8193, 8193, list("4")};
    assert_refused(f, REFUSED_CPU_HIGH_IOTHREAD);
    refusal_explain(&f->refusal, &f->host, &f->policy, &error);
    assert_string_equal(
        error_text(&error),
        "pin = names iothread8193, and only those up to number 8192 can be pinned: give it a "
        "smaller number in <iothreadids> in the VM's XML, or remove it from win10.conf");
}

static void refuses_to_isolate_the_unknown(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.isolate = true;
    assert_refused(f, REFUSED_CPU_UNKNOWN);
}

static void leaves_a_core_to_the_host(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.pin = PIN_AUTO;
    f->policy.cpu.isolate = true;
    f->domain.cpu.vcpus = f->domain.cpu.vcpus_current = 14;
    assert_int_equal(plan(f), 0);
    intent_done(&f->intent);
    steps_done(&f->steps);
    f->intent = (struct intent){0};
    f->steps = (struct steps){0};
    f->domain.cpu.vcpus = f->domain.cpu.vcpus_current = 15;
    assert_refused(f, REFUSED_CPU_ALL);
    intent_done(&f->intent);
    f->intent = (struct intent){0};
    /* Nor together with what other VMs have. */
    f->domain.cpu.vcpus = f->domain.cpu.vcpus_current = 8;
    f->host.cpus.isolated = list("1-4,9-12");
    assert_refused(f, REFUSED_CPU_ALL);
}

static void refuses_too_many_vcpus(void **state) {
    struct fixture *f = *state;

    f->policy.cpu.pin = PIN_AUTO;
    f->domain.cpu.vcpus = f->domain.cpu.vcpus_current = 17;
    assert_refused(f, REFUSED_CPU_FEW);
}

static void reserves_hugepages(void **state) {
    struct fixture *f = *state;

    f->policy.reserve_hugepages = true;
    assert_false(plan_takes_anything(&f->domain, &f->policy));
    f->domain.memory.backed_by_hugepages = true;
    assert_true(plan_takes_anything(&f->domain, &f->policy));
    assert_int_equal(plan(f), 0);
    assert_int_equal(step_hugepages_kib(&f->steps.items[0]), 2048);
    assert_json(step(f, &step_kind_hugepages), "needs", "[{\"nodes\":\"0-1\",\"count\":513}]");
}

static void reserves_hugepages_of_a_size_on_a_node(void **state) {
    struct fixture *f = *state;

    f->policy.reserve_hugepages = true;
    f->domain.memory.backed_by_hugepages = true;
    f->domain.memory.n_pages = 1;
    f->domain.memory.numatune_nodeset = (char *)"1";
    f->pages[0].size_kib = UINT64_C(1024) * 1024;
    assert_int_equal(plan(f), 0);
    assert_int_equal(step_hugepages_kib(&f->steps.items[0]), 1024 * 1024);
    assert_json(step(f, &step_kind_hugepages), "needs", "[{\"nodes\":\"1\",\"count\":2}]");
}

/* Two guest nodes, on host nodes of their own, with pages of their own. */
static void reserves_hugepages_per_cell(void **state) {
    struct fixture *f = *state;
    struct domain_cell cells[] = {{0, 524288, (char *)"1"}, {1, 1048576, (char *)"0"}};

    f->policy.reserve_hugepages = true;
    f->domain.memory.backed_by_hugepages = true;
    f->domain.memory.cells = cells;
    f->domain.memory.n_cells = 2;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
    assert_json(step(f, &step_kind_hugepages), "needs",
                "[{\"nodes\":\"1\",\"count\":256},{\"nodes\":\"0\",\"count\":512}]");
    steps_done(&f->steps);
    f->steps = (struct steps){0};
    f->domain.memory.n_pages = 2;
    f->pages[0].size_kib = 2048;
    f->pages[1] = (struct domain_hugepages){UINT64_C(1024) * 1024, (char *)"1"};
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 2);
    if (f->steps.count != 2)
        return;
    assert_json(f->steps.items[0].data, "needs", "[{\"nodes\":\"1\",\"count\":256}]");
    assert_json(f->steps.items[1].data, "needs", "[{\"nodes\":\"0\",\"count\":1}]");
}

static void ordinary_pages_are_no_huge_ones(void **state) {
    struct fixture *f = *state;

    f->policy.reserve_hugepages = true;
    f->domain.memory.backed_by_hugepages = true;
    f->domain.memory.n_pages = 1;
    f->pages[0].size_kib = 4;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
}

#define CASE(sentence, function)                                                                   \
    { sentence, function, set_up, tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE("without configuration nothing is done to CPUs and memory", does_nothing_unasked),
        CASE("pin = auto gives vCPUs their own cores", pins_by_itself),
        CASE("what is pinned is isolated, moved, governed and kept awake as asked",
             isolates_what_it_pins),
        CASE("pins in the XML win over the configuration, and are what is isolated",
             leaves_the_xml_its_pins),
        CASE("so does the XML's cpuset", leaves_the_xml_its_cpuset),
        CASE("a map is followed", follows_a_map),
        CASE("a map that names what is not there is refused", refuses_bad_maps),
        CASE("a map that names what is not there is refused",
             leaves_iothreads_with_high_numbers_alone),
        CASE("a map that names what is not there is refused",
             refuses_to_pin_iothreads_with_high_numbers),
        CASE("isolation needs to know the CPUs", refuses_to_isolate_the_unknown),
        CASE("a whole core stays with the host", leaves_a_core_to_the_host),
        CASE("more vCPUs than CPUs are refused", refuses_too_many_vcpus),
        CASE("huge pages are counted, of the default size on all nodes", reserves_hugepages),
        CASE("huge pages are of the size and on the node that the XML says",
             reserves_hugepages_of_a_size_on_a_node),
        CASE("each guest node gets its own, on the host nodes it is bound to, of its own size",
             reserves_hugepages_per_cell),
        CASE("pages of the ordinary size are no huge ones", ordinary_pages_are_no_huge_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
