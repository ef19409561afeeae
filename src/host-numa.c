/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-numa.h"

#include <fcntl.h>

#include "file.h"
#include "sysfs.h"

#define NODES "/sys/devices/system/node"

static void add_list(struct cpulist *to, const char *text) {
    struct cpulist list;

    if (!text || cpulist_parse(text, &list) < 0)
        return;
    cpulist_add_all(to, &list);
}

/* Adds the nodes that have one of the CPUs. */
static void add_nodes_of_cpus(struct cpulist *nodes, const struct cpulist *cpus) {
    _cleanup_closedir_ DIR *directory = cpulist_empty(cpus) ? NULL : opendir(NODES);

    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry;
         entry = readdir(directory)) {
        char path[sizeof entry->d_name + sizeof "/cpulist"], text[4096];
        struct cpulist own;
        unsigned node;

        if (sscanf(entry->d_name, "node%u", &node) != 1)
            continue;
        snprintf(path, sizeof path, "%s/cpulist", entry->d_name);
        if (file_read_line_at(dirfd(directory), path, text, sizeof text) >= 0 &&
            cpulist_parse(text, &own) >= 0 && cpulist_intersects(&own, cpus))
            cpulist_add(nodes, node);
    }
}

static void add_node_of_device(struct cpulist *nodes, struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    char text[16];
    int node;

    if (device >= 0 && file_read_line_at(device, "numa_node", text, sizeof text) >= 0 &&
        sscanf(text, "%d", &node) == 1 && node >= 0)
        cpulist_add(nodes, (unsigned)node);
}

void host_near_nodes(const struct domain *domain, struct cpulist *ret) {
    struct cpulist cpus = {0};

    *ret = (struct cpulist){0};
    add_list(ret, domain->memory.numatune_nodeset);
    add_list(&cpus, domain->cpu.cpuset);
    for (size_t i = 0; i < domain->cpu.n_vcpupins; i++)
        add_list(&cpus, domain->cpu.vcpupins[i].cpuset);
    add_nodes_of_cpus(ret, &cpus);
    for (size_t i = 0; i < domain->n_hostdevs; i++)
        add_node_of_device(ret, domain->hostdevs[i].address);
}
