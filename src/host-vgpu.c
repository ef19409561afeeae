/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-vgpu.h"

#include <errno.h>
#include <string.h>

#include "file.h"
#include "reader.h"
#include "sysfs.h"

static int read_one(int device, struct host_vgpu *vgpu) {
    char current[16];
    ssize_t length = file_read_line_at(device, VGPU_CURRENT, current, sizeof current);

    if (length >= 0 && sscanf(current, "%u", &vgpu->current) != 1)
        return -EINVAL;
    if (length >= 0)
        length = file_read_line_at(device, VGPU_CREATABLE, vgpu->creatable, sizeof vgpu->creatable);
    return length < 0 ? (int)length : 0;
}

static void read_vgpu(void *item, _unused_ size_t i) {
    struct host_vgpu *vgpu = item;
    _cleanup_close_ int device = sysfs_open_device(vgpu->address);

    vgpu->result = device < 0 ? device : read_one(device, vgpu);
}

int host_vgpus_read(const struct pci_address *addresses, size_t count, uint64_t deadline,
                    struct host_vgpu **ret, struct error *error) {
    _cleanup_free_ struct host_vgpu *vgpus = calloc(count + 1, sizeof *vgpus);
    const struct reader reader = {read_vgpu, vgpus, count, sizeof *vgpus};
    size_t stuck;
    int r;

    if (!vgpus)
        return error_oom(error);
    for (size_t i = 0; i < count; i++)
        vgpus[i].address = addresses[i];
    r = reader_run(&reader, deadline, &stuck, error);
    if (r == READER_STUCK)
        return error_set(error, ETIME,
                         "%s does not tell its vGPU type: NVIDIA's driver is stuck in the kernel. "
                         "See the kernel log; only a reboot may free it",
                         PCI_ADDRESS_FORMAT(addresses[stuck]));
    if (r < 0)
        return r;
    *ret = take_pointer(vgpus);
    return 0;
}

bool host_vgpu_is_creatable(const struct host_vgpu *vgpu, unsigned type) {
    for (const char *line = vgpu->creatable; line; line = strchr(line, '\n')) {
        unsigned number;

        line += *line == '\n';
        if (sscanf(line, " %u :", &number) == 1 && number == type)
            return true;
    }
    return false;
}
