/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "any-plan.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "fuzz.h"
#include "json-record.h"
#include "plan.h"
#include "refusal-cpu.h"

/* ---- the host ------------------------------------------------------------------------------ */

/* A root port, a GPU and its sound in one group, a NIC, a drive that is reserved, one without a
 * driver, a virtual function of a GPU. */
static const struct host_device present[] = {
    {.address = {0, 0, 1, 0},
     .class = 0x060400,
     .header_type = PCI_HEADER_BRIDGE,
     .group = 1,
     .driver = "pcieport"},
    {.address = {0, 1, 0, 0}, .class = 0x030000, .group = 1, .driver = "nouveau"},
    {.address = {0, 1, 0, 1}, .class = 0x040300, .group = 1, .driver = "snd_hda_intel"},
    {.address = {0, 2, 0, 0},
     .class = 0x020000,
     .group = 2,
     .driver = "e1000e",
     .variant = "mlx5_vfio_pci"},
    {.address = {0, 3, 0, 0},
     .class = 0x010802,
     .group = 3,
     .driver = "vfio-pci",
     .override = "vfio-pci"},
    {.address = {0, 4, 0, 0}, .class = 0x010802, .group = IOMMU_GROUP_NONE},
    {.address = {0, 5, 0, 1}, .class = 0x030200, .group = 5, .driver = "nvidia"},
};

static struct host_driver drivers[] = {
    {.name = "vfio-pci", .registered = true, .available = true},
    {.name = "mlx5_vfio_pci", .available = true},
    {.name = "xe_vfio_pci"},
};

/* Four cores of two threads, on two nodes. */
static struct topology_cpu cpus[] = {
    {.cpu = 0, .core = 0, .cache = 0, .node = 0}, {.cpu = 1, .core = 1, .cache = 0, .node = 0},
    {.cpu = 2, .core = 2, .cache = 2, .node = 1}, {.cpu = 3, .core = 3, .cache = 2, .node = 1},
    {.cpu = 4, .core = 0, .cache = 0, .node = 0}, {.cpu = 5, .core = 1, .cache = 0, .node = 0},
    {.cpu = 6, .core = 2, .cache = 2, .node = 1}, {.cpu = 7, .core = 3, .cache = 2, .node = 1},
};

static struct host_mdev_type types[] = {
    {.parent = "0000:00:02.0", .name = "i915-GVTg_V5_4", .available = 1},
    {.parent = "0000:00:02.0", .name = "i915-GVTg_V5_8", .available = 0},
    {.parent = "mtty", .name = "mtty-2", .numa_node = -1, .available = 4},
};

static struct host_mdev mdevs[] = {
    {.mdev = {.uuid = "00000000-0000-0000-0000-000000000001",
              .parent = "0000:00:02.0",
              .type = "i915-GVTg_V5_8"},
     .held = true,
     .holder = "VM other"},
};

static void add_device(struct host *host, const struct host_device *device) {
    size_t i = pci_address_position(host->devices, host->n_devices, sizeof *host->devices,
                                    device->address);

    if (host_device(host, device->address))
        return;
    memmove(&host->devices[i + 1], &host->devices[i],
            (host->n_devices - i) * sizeof *host->devices);
    host->devices[i] = *device;
    host->n_devices++;
}

/* The domain's devices have an entry each, those that are not there as well; members of their
 * groups have one, too. `devices` has room for all. */
static struct host make_host(const struct domain *domain, struct host_device *devices) {
    struct host host = {
        .devices = devices,
        .drivers = drivers,
        .n_drivers = ELEMENTS(drivers),
        .mdevs = {.types = types,
                  .n_types = ELEMENTS(types),
                  .devices = mdevs,
                  .n_devices = ELEMENTS(mdevs),
                  .gvt = GVT_ON},
        .cpus = {.topology = {.cpus = cpus, .count = ELEMENTS(cpus)}, .hugepage_kib = 2048},
        .libvirt = 11003,
    };

    for (size_t i = 0; i < ELEMENTS(present); i++) {
        struct host_device device = present[i];

        device.present = true;
        add_device(&host, &device);
    }
    for (size_t i = 0; i < domain->n_hostdevs; i++)
        add_device(&host, &(struct host_device){.address = domain->hostdevs[i].address,
                                                .group = IOMMU_GROUP_NONE});
    for (size_t i = 0; i < ELEMENTS(cpus); i++)
        cpulist_add(&host.cpus.topology.online, cpus[i].cpu);
    cpulist_add(&host.cpus.isolated, 7);
    cpulist_add(&host.cpus.pinned, 2);
    cpulist_add(&host.cpus.memory_nodes, 0);
    cpulist_add(&host.cpus.memory_nodes, 1);
    return host;
}

/* How the vGPUs stand. Owned by the caller. */
static struct host_vgpu *make_vgpus(const struct intent *intent) {
    struct host_vgpu *vgpus = calloc(intent->n_vgpus + 1, sizeof *vgpus);

    REQUIRE(vgpus);
    for (size_t i = 0; i < intent->n_vgpus; i++) {
        vgpus[i].address = intent->vgpus[i];
        strcpy(vgpus[i].creatable, "ID    : vGPU Name\n557   : NVIDIA L40S-1B\n");
    }
    return vgpus;
}

/* ---- the plan ------------------------------------------------------------------------------ */

void any_step(const struct step *step) {
    _cleanup_free_ char *forth = step->kind->describe(step->data, false);
    _cleanup_free_ char *back = step->kind->describe(step->data, true);
    const char *text = json_object_to_json_string_ext(step->data, JSON_C_TO_STRING_PLAIN);
    _cleanup_json_ struct json_object *again = json_tokener_parse(text);
    _cleanup_steps_ struct steps steps = {0};

    REQUIRE(forth && *forth && back && *back);
    REQUIRE(strstr(text, "(null)") || !(strstr(forth, "(null)") || strstr(back, "(null)")));
    REQUIRE(again && steps_add_from_json(&steps, again) == 0);
    REQUIRE(steps.items[0].kind == step->kind);
    REQUIRE(strcmp(json_object_to_json_string_ext(steps.items[0].data, JSON_C_TO_STRING_PLAIN),
                   text) == 0);
}

static void check_claims(const struct claims *claims) {
    for (size_t i = 0; i < claims->count; i++) {
        REQUIRE(i == 0 || strcmp(claims->items[i - 1].what, claims->items[i].what) < 0);
        REQUIRE(claims_conflict(claims, claims->items[i].what) ||
                claims->items[i].kind == CLAIM_PINNED);
    }
}

static void check_refusal(int r, const struct refusal *refusal, const struct host *host,
                          const struct policy *policy) {
    _cleanup_error_ struct error error = {0};

    REQUIRE(r == 0 || r == PLAN_REFUSED || r == -ENOMEM);
    /* Of PCI devices the sentence holds names, which take a database. */
    if (r == PLAN_REFUSED && (refusal->uuid || refusal->reason >= REFUSED_CPU_OFFLINE))
        fuzz_require_told(refusal->uuid ? refusal_explain(refusal, host, policy, &error)
                                        : refusal_explain_cpu(refusal, host, policy, &error),
                          &error);
}

/* A person reads it, whatever the VM is called. */
static void require_printable(const struct step *step, bool undo) {
    _cleanup_free_ char *text = step->kind->describe(step->data, undo);

    REQUIRE(text);
    for (const char *c = text; *c; c++)
        REQUIRE((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void check_steps(int r, const struct steps *steps) {
    for (size_t i = 0; r == 0 && i < steps->count; i++) {
        any_step(&steps->items[i]);
        require_printable(&steps->items[i], false);
        require_printable(&steps->items[i], true);
    }
}

void any_plan(const struct domain *domain, const struct policy *policy) {
    _cleanup_free_ struct host_device *devices =
        calloc(ELEMENTS(present) + domain->n_hostdevs, sizeof *devices);
    _cleanup_free_ struct host_vgpu *vgpus = NULL;
    _cleanup_steps_ struct steps loads = {0}, steps = {0};
    _cleanup_intent_ struct intent intent = {0};
    struct refusal refusal = {0};
    struct host host;
    int r;

    REQUIRE(devices);
    host = make_host(domain, devices);
    r = plan_intent(domain, policy, &host, &intent, &refusal);
    check_refusal(r, &refusal, &host, policy);
    if (r != 0)
        return;
    check_claims(&intent.claims);
    if (!plan_takes_anything(domain, policy))
        REQUIRE(intent.claims.count == 0);
    check_steps(plan_loads(domain, policy, &host, &loads), &loads);
    vgpus = make_vgpus(&intent);
    host.vgpus = vgpus;
    host.n_vgpus = intent.n_vgpus;
    r = plan_steps(domain, policy, &host, &intent, &steps, &refusal);
    check_refusal(r, &refusal, &host, policy);
    check_steps(r, &steps);
}
