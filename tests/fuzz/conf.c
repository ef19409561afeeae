/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin's file for a VM: taken or refused with file and line, and a plan is made of it. */
#include "fuzz.h"

#include <string.h>

#include "any-plan.h"
#include "mdev.h"
#include "policy-settings.h"
#include "sections.h"

/* A VM with something of everything; odd, too, where an owner may write odd things. */
static const char xml[] =
    "<domain id='3'><name>fuzz</name><uuid>db10f5f6-0546-4c1c-96c7-1ffe204ae6cf</uuid>"
    "<memory unit='GiB'>4</memory><memoryBacking><hugepages><page size='1' unit='GiB' nodeset='0'/>"
    "<page size='2048'/></hugepages></memoryBacking><vcpu current='3'>4</vcpu>"
    "<iothreads>2</iothreads><iothreadids><iothread id='0'/><iothread id='9'/></iothreadids>"
    "<cpu><topology sockets='1' cores='2' threads='2'/><numa><cell id='0' memory='1048576'/>"
    "<cell id='1' memory='3' unit='GiB'/></numa></cpu><devices>"
    "<hostdev type='pci' managed='yes'><source><address domain='0' bus='1' slot='0' function='0'/>"
    "</source></hostdev><hostdev type='pci' managed='no'><driver model='nvidia'/><source>"
    "<address domain='0' bus='5' slot='0' function='1'/></source></hostdev>"
    "<hostdev type='mdev' model='vfio-pci'><source>"
    "<address uuid='db10f5f6-0546-4c1c-96c7-1ffe204ae6ce'/></source></hostdev>"
    "</devices></domain>";

static const struct domain *make_domain(void) {
    static struct domain *domain;
    _cleanup_error_ struct error error = {0};

    if (!domain)
        REQUIRE(domain_parse(xml, strlen(xml), &domain, &error) == 0);
    return domain;
}

static void check(const struct policy *policy) {
    REQUIRE(policy->timeout >= 1 && policy->timeout <= 600);
    for (size_t i = 0; i < policy->n_devices; i++)
        REQUIRE(policy_device(policy, policy->devices[i].address) == &policy->devices[i]);
    for (size_t i = 0; i < policy->n_mdevs; i++) {
        const struct policy_mdev *mdev = &policy->mdevs[i];

        REQUIRE(policy_mdev(policy, mdev->source, mdev->uuid, 0) == mdev);
        REQUIRE(!mdev->type || mdev_name_valid(mdev->type));
        REQUIRE(!mdev->parent || mdev_name_valid(mdev->parent));
    }
    for (size_t i = 0; i < policy->cpu.n_map; i++) {
        REQUIRE(policy->cpu.map[i].first <= policy->cpu.map[i].last);
        REQUIRE(!cpulist_empty(&policy->cpu.map[i].cpus));
    }
    REQUIRE(policy->cpu.pin != PIN_MAP || policy->cpu.n_map > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_error_ struct error error = {0};
    _cleanup_policy_ struct policy *policy = calloc(1, sizeof *policy);

    REQUIRE(policy);
    policy->timeout = 15;
    policy->file = strdup("/etc/hostdevctl/domains/fuzz.conf");
    if (sections_read(data, size, policy_set, policy, &error) == 0) {
        check(policy);
        any_plan(make_domain(), policy);
    }
    return 0;
}
