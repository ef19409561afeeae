/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "plan-mdev.h"
#include "plan-vgpu.h"

/* PCI base class and subclass of a PCI-to-PCI bridge. */
#define CLASS_PCI_BRIDGE 0x0604

/* Bridges are exempt from the rule that a group goes as a whole: they stay with the host. */
static bool is_bridge(const struct host_device *device) {
    return device->header_type == PCI_HEADER_BRIDGE || device->class >> 8 == CLASS_PCI_BRIDGE;
}

static int refuse(struct refusal *refusal, enum refusal_reason reason, struct pci_address device) {
    *refusal = (struct refusal){.reason = reason, .device = device};
    return PLAN_REFUSED;
}

/* A managed <interface> is libvirt's to bind: it reads and restores the MAC of the VF through the
 * driver of the host. */
static bool is_left_to_libvirt(const struct hostdev *hostdev, const struct policy *policy) {
    return hostdev->managed &&
           (hostdev->element == HOSTDEV_INTERFACE || policy->detach == DETACH_UNMANAGED);
}

/* ---- first half: what the VM takes --------------------------------------------------------- */

void intent_done(struct intent *intent) {
    claims_done(&intent->claims);
    free(intent->bind);
    free(intent->guarded);
    free(intent->vgpus);
    cpu_plan_done(&intent->cpu);
}

static int add_address(struct pci_address **list, size_t *count, struct pci_address address) {
    struct pci_address *larger = reallocarray(*list, *count + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    *list = larger;
    larger[(*count)++] = address;
    return 0;
}

static int want_bound(struct intent *intent, struct pci_address address) {
    return add_address(&intent->bind, &intent->n_bind, address);
}

static int want_guarded(struct intent *intent, struct pci_address address) {
    return add_address(&intent->guarded, &intent->n_guarded, address);
}

/* Whether the configuration expects just this device at this address, or anything. */
static int check_id(const struct host_device *device, const struct policy *policy,
                    struct refusal *refusal) {
    const struct policy_device *rule = policy_device(policy, device->address);

    if (!rule || !rule->has_id ||
        (rule->id.vendor == device->id.vendor && rule->id.device == device->id.device))
        return 0;
    refuse(refusal, REFUSED_OTHER_ID, device->address);
    refusal->expected = rule->id;
    return PLAN_REFUSED;
}

static int check_device(const struct host_device *device, const struct policy *policy,
                        struct refusal *refusal) {
    if (!device->present)
        return refuse(refusal, REFUSED_NO_DEVICE, device->address);
    if (check_id(device, policy, refusal) != 0)
        return PLAN_REFUSED;
    if (is_bridge(device))
        return refuse(refusal, REFUSED_BRIDGE, device->address);
    if (device->group == IOMMU_GROUP_NONE)
        return refuse(refusal, REFUSED_NO_IOMMU, device->address);
    return 0;
}

/* Claims a device, and decides who prepares it. */
static int take_hostdev(const struct hostdev *hostdev, const struct policy *policy,
                        const struct host *host, struct intent *intent, struct refusal *refusal) {
    const struct host_device *device = host_device(host, hostdev->address);
    bool vgpu = plan_vgpu_type(policy, hostdev->address) != 0;
    int r;

    if (!vgpu && policy->detach == DETACH_NONE)
        return 0;
    r = check_device(device, policy, refusal);
    if (r == 0 && vgpu)
        r = plan_vgpu_check(host, hostdev, refusal);
    if (r != 0)
        return r;
    if (claims_add_device(&intent->claims, device->address) < 0 ||
        claims_add_group(&intent->claims, device->group, device->address) < 0)
        return -ENOMEM;
    if (vgpu)
        return add_address(&intent->vgpus, &intent->n_vgpus, device->address);
    if (want_guarded(intent, device->address) < 0)
        return -ENOMEM;
    return is_left_to_libvirt(hostdev, policy) ? 0 : want_bound(intent, device->address);
}

static int take_hostdevs(const struct domain *domain, const struct policy *policy,
                         const struct host *host, struct intent *intent, struct refusal *refusal) {
    int r = 0;

    for (size_t i = 0; i < domain->n_hostdevs && r == 0; i++)
        r = take_hostdev(&domain->hostdevs[i], policy, host, intent, refusal);
    return r;
}

/* With iommu-group = bind, what shares a group with the VM's devices is taken along. */
static int take_groups(const struct domain *domain, const struct policy *policy,
                       const struct host *host, struct intent *intent, struct refusal *refusal) {
    for (size_t i = 0; i < host->n_devices; i++) {
        const struct host_device *device = &host->devices[i];

        if (!device->present || is_bridge(device) || domain_hostdev(domain, device->address))
            continue;
        if (check_id(device, policy, refusal) != 0)
            return PLAN_REFUSED;
        if (claims_add_device(&intent->claims, device->address) < 0 ||
            want_guarded(intent, device->address) < 0 || want_bound(intent, device->address) < 0)
            return -ENOMEM;
    }
    return 0;
}

bool plan_takes_anything(const struct domain *domain, const struct policy *policy) {
    if (domain->n_mdevs > 0 || plan_cpu_wanted(policy) || plan_hugepages_wanted(domain, policy))
        return true;
    for (size_t i = 0; i < domain->n_hostdevs; i++)
        if (policy->detach != DETACH_NONE || plan_vgpu_type(policy, domain->hostdevs[i].address))
            return true;
    return false;
}

int plan_intent(const struct domain *domain, const struct policy *policy, const struct host *host,
                struct intent *ret, struct refusal *refusal) {
    int r;

    r = take_hostdevs(domain, policy, host, ret, refusal);
    if (r == 0 && policy->group == GROUP_BIND && policy->detach != DETACH_NONE)
        r = take_groups(domain, policy, host, ret, refusal);
    if (r == 0)
        r = plan_mdev_claims(domain, &ret->claims);
    if (r == 0 && plan_cpu_wanted(policy))
        r = plan_cpu(domain, policy, host, &ret->cpu, refusal);
    return r == 0 ? plan_cpu_claims(policy, &ret->cpu, &ret->claims) : r;
}

/* ---- second half: the steps ---------------------------------------------------------------- */

static const char *wanted_driver(const struct hostdev *hostdev, const struct host_device *device) {
    if (hostdev && hostdev->driver_model)
        return hostdev->driver_model;
    return *device->variant ? device->variant : DRIVER_VFIO_PCI;
}

/* Whether the device can stay as it is: reserved for VMs before, unless the XML insists on another
 * driver. What is taken along with a group may just as well have no driver at all. */
static bool is_ready(const struct hostdev *hostdev, const struct host_device *device) {
    if (!hostdev)
        return !*device->driver || driver_is_vfio_friendly(device->driver);
    if (hostdev->driver_model)
        return driver_name_same(device->driver, hostdev->driver_model);
    return driver_is_vfio_friendly(device->driver) && strcmp(device->driver, "pci-stub") != 0;
}

/* The kernel gives a group to a VM only when each member that is no bridge is on a VFIO driver, on
 * pci-stub, or on none (kernel Documentation/driver-api/vfio.rst). */
static int check_groups(const struct domain *domain, const struct host *host,
                        struct refusal *refusal) {
    for (size_t i = 0; i < host->n_devices; i++) {
        const struct host_device *other = &host->devices[i];

        if (!other->present || !*other->driver || driver_is_vfio_friendly(other->driver) ||
            is_bridge(other) || domain_hostdev(domain, other->address))
            continue;
        for (size_t j = 0; j < domain->n_hostdevs; j++) {
            const struct host_device *device = host_device(host, domain->hostdevs[j].address);

            if (device->group != other->group)
                continue;
            refuse(refusal, REFUSED_GROUP, device->address);
            refusal->other = other->address;
            return PLAN_REFUSED;
        }
    }
    return 0;
}

/* What the host is using stays, unless somebody says otherwise of this very device; what it cannot
 * do without stays in any case. */
static int check_use(const struct intent *intent, const struct policy *policy,
                     const struct host *host, struct refusal *refusal) {
    for (size_t i = 0; i < intent->n_guarded; i++) {
        const struct host_device *device = host_device(host, intent->guarded[i]);
        const struct policy_device *rule = policy_device(policy, device->address);
        bool shown =
            device->boot_display && *device->driver && !driver_is_vfio_friendly(device->driver);

        if (device->use == IN_USE_VITAL)
            return refuse(refusal, REFUSED_VITAL, device->address);
        if (rule && rule->force_in_use)
            continue;
        if (device->use != IN_USE_NOT)
            return refuse(refusal, REFUSED_IN_USE, device->address);
        if (shown)
            return refuse(refusal, REFUSED_BOOT_DISPLAY, device->address);
    }
    return 0;
}

/* Loads come before all binds, each module once. */
static int plan_module(const struct host_driver *driver, struct steps *loads) {
    char module[DRIVER_NAME_MAX];

    driver_module_name(driver->name, module);
    for (size_t i = 0; i < loads->count; i++)
        if (strcmp(step_module_name(&loads->items[i]), module) == 0)
            return 0;
    return steps_add(loads, &step_kind_module, step_module_new(module));
}

static int plan_device(const struct hostdev *hostdev, const struct host_device *device,
                       const struct host *host, struct steps *loads, struct steps *binds,
                       struct refusal *refusal) {
    const char *wanted = wanted_driver(hostdev, device);
    const struct host_driver *driver = host_driver(host, wanted);
    int r = 0;

    if (is_ready(hostdev, device))
        return 0;
    if (!driver || !driver->available) {
        refuse(refusal, REFUSED_NO_DRIVER, device->address);
        snprintf(refusal->driver, sizeof refusal->driver, "%s", wanted);
        return PLAN_REFUSED;
    }
    if (!driver->registered)
        r = plan_module(driver, loads);
    if (r < 0)
        return r;
    return steps_add(binds, &step_kind_bind, step_bind_new(device, driver->name));
}

int plan_steps(const struct domain *domain, const struct policy *policy, const struct host *host,
               const struct intent *intent, struct steps *ret, struct refusal *refusal) {
    _cleanup_steps_ struct steps binds = {0};
    int r = 0;

    if (policy->group == GROUP_REQUIRE && policy->detach != DETACH_NONE)
        r = check_groups(domain, host, refusal);
    if (r == 0)
        r = check_use(intent, policy, host, refusal);
    for (size_t i = 0; i < intent->n_bind && r == 0; i++) {
        const struct host_device *device = host_device(host, intent->bind[i]);

        r = plan_device(domain_hostdev(domain, device->address), device, host, ret, &binds,
                        refusal);
    }
    if (r == 0)
        r = plan_hugepages(domain, policy, host, &intent->cpu, ret, refusal);
    if (r == 0)
        r = steps_move(ret, &binds);
    if (r == 0)
        r = plan_vgpu_steps(policy, host, ret, refusal);
    if (r == 0)
        r = plan_mdev_steps(domain, policy, host, ret, refusal);
    if (r == 0)
        r = plan_cpu_steps(domain, policy, &intent->cpu, ret);
    return r;
}
