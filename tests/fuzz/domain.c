/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The XML of a VM, which is its owner's to write: read or refused, and a plan is made of it. */
#include "fuzz.h"

#include <string.h>

#include "any-plan.h"
#include "policy-settings.h"
#include "uuid.h"

static const struct setting {
    const char *section, *name, *value;
} everything[] =
    {
        {"devices", "iommu-group", "bind"},
        {"device 0000:05:00.1", "vgpu-type", "557"},
        {"mdev", "type", "mtty-2"},
        {"mdev", "attr.vgpu/params", "x=1"},
        {"cpu", "pin", "auto"},
        {"cpu", "isolate", "yes"},
        {"cpu", "irq", "move"},
        {"cpu", "governor", "performance"},
        {"cpu", "pm-qos", "10"},
        {"cpu", "sched.iothread", "nice:-5"},
        {"memory", "hugepages", "reserve"},
},
  map[] =
      {
          {"devices", "detach", "unmanaged"},
          {"mdev db10f5f6-0546-4c1c-96c7-1ffe204ae6ce", "type", "i915-GVTg_V5_4"},
          {"cpu", "pin", "0=2 1-2=4-6 emulator=0-1 iothread0=0 iothread1=5 iothread4000=3"},
},
  one_iothread[] = {
      {"cpu", "pin", "iothread0=0"},
};

static struct policy *make_policy(const struct setting *settings, size_t count) {
    _cleanup_error_ struct error error = {0};
    struct policy *policy = calloc(1, sizeof *policy);

    REQUIRE(policy);
    policy->timeout = 15;
    policy->file = strdup("/etc/hostdevctl/domains/fuzz.conf");
    for (size_t i = 0; i < count; i++)
        REQUIRE(policy_set(policy, settings[i].section, settings[i].name, settings[i].value,
                           &error) == 0);
    return policy;
}

static void plan_all(const struct domain *domain) {
    static struct policy *policies[4];

    if (!policies[0]) {
        policies[0] = make_policy(NULL, 0);
        policies[1] = make_policy(everything, ELEMENTS(everything));
        policies[2] = make_policy(map, ELEMENTS(map));
        policies[3] = make_policy(one_iothread, ELEMENTS(one_iothread));
    }
    for (size_t i = 0; i < ELEMENTS(policies); i++)
        any_plan(domain, policies[i]);
}

static void check(const struct domain *domain) {
    char uuid[UUID_TEXT_MAX];

    REQUIRE(domain->name && *domain->name && !strchr(domain->name, '/'));
    REQUIRE(uuid_normalize(domain->uuid, uuid) == 0 && strcmp(uuid, domain->uuid) == 0);
    REQUIRE(domain->id >= -1);
    for (size_t i = 0; i < domain->n_hostdevs; i++) {
        const struct hostdev *hostdev = &domain->hostdevs[i];

        REQUIRE(i == 0 || pci_address_compare(hostdev[-1].address, hostdev->address) < 0);
        REQUIRE(domain_hostdev(domain, hostdev->address) == hostdev);
    }
    for (size_t i = 0; i < domain->n_mdevs; i++)
        REQUIRE(strlen(domain->mdevs[i].uuid) == UUID_TEXT_MAX - 1);
    REQUIRE(domain->cpu.vcpus_current <= domain->cpu.vcpus);
    for (size_t i = 0; i < domain->cpu.n_vcpupins; i++)
        REQUIRE(domain->cpu.vcpupins[i].cpuset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_error_ struct error error = {0};
    _cleanup_domain_ struct domain *domain = NULL;
    int fd = fuzz_file(data, size), next = fuzz_next_descriptor(), r;

    r = domain_read(fd, &domain, &error);
    fuzz_require_told(r, &error);
    REQUIRE((r == 0) == (domain != NULL));
    REQUIRE(fuzz_next_descriptor() == next);
    /* It is shown in a window: one line, nothing that drives a terminal. */
    if (r < 0)
        for (const char *c = error.text; *c; c++)
            REQUIRE((unsigned char)*c >= ' ' && *c != 0x7f);
    if (domain) {
        check(domain);
        plan_all(domain);
    }
    return 0;
}
