/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-vgpu.h"

#include <errno.h>

static int refuse(struct refusal *refusal, enum refusal_reason reason, struct pci_address device,
                  unsigned type) {
    *refusal = (struct refusal){.reason = reason, .device = device, .vgpu_type = type};
    return PLAN_REFUSED;
}

unsigned plan_vgpu_type(const struct policy *policy, struct pci_address address) {
    const struct policy_device *rule = policy_device(policy, address);

    return rule ? rule->vgpu_type : 0;
}

int plan_vgpu_check(const struct host *host, const struct hostdev *hostdev,
                    struct refusal *refusal) {
    const struct host_device *device = host_device(host, hostdev->address);

    if (host->libvirt != 0 && host->libvirt < LIBVIRT_KNOWS_VARIANTS)
        return refuse(refusal, REFUSED_VGPU_LIBVIRT, hostdev->address, 0);
    if (hostdev->managed &&
        !(hostdev->driver_model && driver_name_same(hostdev->driver_model, device->driver)))
        return refuse(refusal, REFUSED_VGPU_MANAGED, hostdev->address, 0);
    return 0;
}

static int plan_vgpu(const struct host_vgpu *vgpu, unsigned type, const struct host *host,
                     struct steps *steps, struct refusal *refusal) {
    if (vgpu->result < 0)
        return refuse(refusal, REFUSED_VGPU_NONE, vgpu->address, type);
    /* It is one already, by somebody who will want it to stay so. */
    if (vgpu->current == type)
        return 0;
    if (vgpu->current != 0)
        return refuse(refusal, REFUSED_VGPU_OTHER, vgpu->address, type);
    if (!host_vgpu_is_creatable(vgpu, type))
        return refuse(refusal, REFUSED_VGPU_TYPE, vgpu->address, type);
    return steps_add(steps, &step_kind_vgpu, step_vgpu_new(host_device(host, vgpu->address), type));
}

int plan_vgpu_steps(const struct policy *policy, const struct host *host, struct steps *ret,
                    struct refusal *refusal) {
    int r = 0;

    for (size_t i = 0; i < host->n_vgpus && r == 0; i++)
        r = plan_vgpu(&host->vgpus[i], plan_vgpu_type(policy, host->vgpus[i].address), host, ret,
                      refusal);
    return r;
}
