/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procfs.h"

#include "cpu.h"
#include "memory.h"

static void show_cpu(const struct cpu *cpu, struct text *out) {
    const struct processors *all = cpu->model->processors;
    const struct cpumask siblings = cpumask_and(&cpu->package_cpus, &all->online);

    text_add(out, "processor\t: %u\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n", cpu->number);
    text_add(out, "model\t\t: 85\nmodel name\t: Simulated CPU\nstepping\t: 4\n");
    text_add(out, "physical id\t: %u\nsiblings\t: %u\n", cpu->is->package,
             cpumask_count(&siblings));
    text_add(out, "core id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\n", cpu->core,
             cpumask_count(&siblings) / cpu->is->threads, cpu->number);
    text_add(out, "flags\t\t: fpu tsc msr cx8 apic sse sse2 ht lm vmx\nbogomips\t: 5000.00\n\n");
}

static int show_cpuinfo(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct processors *all = object;

    for_each_cpu(i, &all->online) show_cpu(all->cpus[i], out);
    return 0;
}

static int show_meminfo(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;
    const struct memory *memory = model->memory;
    const struct hugepages *pages = &memory->sizes[0];
    unsigned long total = 0, available = 0, caches = 0;

    for (size_t i = 0; i < memory->n_nodes; i++) {
        total += memory->nodes[i].total;
        available += memory_free(&memory->nodes[i]);
        caches += memory->nodes[i].caches;
    }
    text_add(out, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n", total, available);
    text_add(out, "MemAvailable:   %8lu kB\nCached:         %8lu kB\n", available + caches, caches);
    text_add(out, "HugePages_Total: %7lu\n", hugepages_sum(pages, HUGEPAGES_COUNT));
    text_add(out, "HugePages_Free:  %7lu\n", hugepages_sum(pages, HUGEPAGES_FREE));
    text_add(out, "HugePages_Rsvd:  %7lu\n", pages->reserved);
    text_add(out, "HugePages_Surp:  %7lu\n", hugepages_sum(pages, HUGEPAGES_SURPLUS));
    text_add(out, "Hugepagesize:   %8lu kB\n", pages->size);
    return 0;
}

static void add_processors(struct model *model, struct node *proc) {
    static const struct file_kind cpuinfo = {.name = "cpuinfo", .mode = 0444, .show = show_cpuinfo};
    static const struct file_kind meminfo = {.name = "meminfo", .mode = 0444, .show = show_meminfo};

    tree_permanent(tree_file(proc, &cpuinfo, model->processors));
    if (model->memory)
        tree_permanent(tree_file(proc, &meminfo, model));
}

void procfs_add(struct model *model, const struct machine *machine) {
    const struct machine_kernel *kernel = &machine->kernel;
    struct node *proc = tree_permanent_path(&model->tree.root, ".sim/proc");

    if (model->processors)
        add_processors(model, proc);
    tree_constant(proc, "cmdline",
                  kernel->cmdline ? kernel->cmdline
                                  : "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet");
    proc_pci_add(model, proc);
}
