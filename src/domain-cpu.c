/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-cpu.h"

#include <errno.h>
#include <limits.h>

static int invalid(xmlNodePtr node, const char *what, struct error *error) {
    return error_set(error, EINVAL, "the domain XML has no valid %s in <%s> at line %ld", what,
                     (const char *)node->name, xmlGetLineNo(node));
}

static int parse_vcpu(xmlNodePtr vcpu, struct domain_cpu *cpu, struct error *error) {
    uint64_t vcpus = 1, current;

    if (xml_text_number(vcpu, UINT_MAX, &vcpus) < 0)
        return invalid(vcpu, "number", error);
    current = vcpus;
    if (xml_attribute_number(vcpu, "current", vcpus, &current) < 0)
        return invalid(vcpu, "'current'", error);
    cpu->vcpus = (unsigned)vcpus;
    cpu->vcpus_current = (unsigned)current;
    cpu->placement_auto = xml_attribute_is(vcpu, "placement", "auto");
    if (xml_attribute_copy(vcpu, "cpuset", &cpu->cpuset) < 0)
        return error_oom(error);
    return 0;
}

/* Reads the elements `name` of <cputune>, each with the thread's number in attribute `key`. */
static int parse_pins(xmlNodePtr cputune, const char *name, const char *key,
                      struct domain_pin **ret, size_t *ret_count, struct error *error) {
    size_t count = xml_count_children(cputune, name);

    if (count == 0)
        return 0;
    *ret = calloc(count, sizeof **ret);
    if (!*ret)
        return error_oom(error);
    for (xmlNodePtr node = xml_child(cputune, name); node; node = xml_next(node)) {
        struct domain_pin *pin = &(*ret)[*ret_count];
        uint64_t id;

        if (xml_attribute_number(node, key, UINT_MAX, &id) != 1)
            return invalid(node, key, error);
        pin->id = (unsigned)id;
        if (xml_attribute_copy(node, "cpuset", &pin->cpuset) != 1)
            return invalid(node, "'cpuset'", error);
        (*ret_count)++;
    }
    return 0;
}

static int parse_topology(xmlNodePtr node, struct domain_topology *topology, struct error *error) {
    uint64_t sockets = 1, dies = 1, cores = 1, threads = 1;

    if (!node)
        return 0;
    if (xml_attribute_number(node, "sockets", UINT_MAX, &sockets) < 0 ||
        xml_attribute_number(node, "dies", UINT_MAX, &dies) < 0 ||
        xml_attribute_number(node, "cores", UINT_MAX, &cores) < 0 ||
        xml_attribute_number(node, "threads", UINT_MAX, &threads) < 0)
        return invalid(node, "number", error);
    *topology = (struct domain_topology){
        .sockets = (unsigned)sockets,
        .dies = (unsigned)dies,
        .cores = (unsigned)cores,
        .threads = (unsigned)threads,
    };
    return 0;
}

static int parse_iothread_ids(xmlNodePtr node, struct domain_cpu *cpu, struct error *error) {
    size_t count = xml_count_children(node, "iothread");

    if (count == 0)
        return 0;
    cpu->iothread_ids = calloc(count, sizeof *cpu->iothread_ids);
    if (!cpu->iothread_ids)
        return error_oom(error);
    for (xmlNodePtr thread = xml_child(node, "iothread"); thread; thread = xml_next(thread)) {
        uint64_t id;

        if (xml_attribute_number(thread, "id", UINT_MAX, &id) != 1)
            return invalid(thread, "'id'", error);
        cpu->iothread_ids[cpu->n_iothread_ids++] = (unsigned)id;
    }
    /* libvirt counts those that are named. */
    if (cpu->iothreads < count)
        cpu->iothreads = (unsigned)count;
    return 0;
}

int domain_cpu_parse(xmlNodePtr root, struct domain_cpu *cpu, struct error *error) {
    xmlNodePtr cputune = xml_child(root, "cputune");
    xmlNodePtr iothreads_node = xml_child(root, "iothreads");
    uint64_t iothreads = 0;
    int r;

    if (xml_text_number(iothreads_node, UINT_MAX, &iothreads) < 0)
        return invalid(iothreads_node, "number", error);
    cpu->iothreads = (unsigned)iothreads;
    r = parse_vcpu(xml_child(root, "vcpu"), cpu, error);
    if (r >= 0)
        r = parse_pins(cputune, "vcpupin", "vcpu", &cpu->vcpupins, &cpu->n_vcpupins, error);
    if (r >= 0)
        r = parse_pins(cputune, "iothreadpin", "iothread", &cpu->iothreadpins, &cpu->n_iothreadpins,
                       error);
    if (r >= 0)
        r = parse_iothread_ids(xml_child(root, "iothreadids"), cpu, error);
    if (r >= 0)
        r = parse_topology(xml_child(xml_child(root, "cpu"), "topology"), &cpu->topology, error);
    if (r < 0)
        return r;
    if (xml_attribute_copy(xml_child(cputune, "emulatorpin"), "cpuset", &cpu->emulatorpin) < 0)
        return error_oom(error);
    return 0;
}

static void pins_done(struct domain_pin *pins, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(pins[i].cpuset);
    free(pins);
}

void domain_cpu_done(struct domain_cpu *cpu) {
    pins_done(cpu->vcpupins, cpu->n_vcpupins);
    pins_done(cpu->iothreadpins, cpu->n_iothreadpins);
    free(cpu->iothread_ids);
    free(cpu->cpuset);
    free(cpu->emulatorpin);
}
