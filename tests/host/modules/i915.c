// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for i915, the driver of Intel's graphics: a driver of that name for one PCI device,
 * whatever it is, which it leaves alone. Mediated types are named after their parent's driver, and
 * the device has them once kvmgt.c, which stands in for kvmgt, is loaded on top. As with the real one
 * GVT-g is off unless it is asked for.
 *
 *     insmod i915.ko enable_gvt=1 device=0000:00:02.0
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "i915.h"

static char *device = "0000:00:02.0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "PCI address of the device that plays the graphics card");

static bool enable_gvt;
module_param(enable_gvt, bool, 0400);
MODULE_PARM_DESC(enable_gvt, "whether kvmgt finds a graphics card with GVT-g");

static struct device *gpu;

struct device *emulated_gpu(void)
{
	return enable_gvt ? gpu : NULL;
}
EXPORT_SYMBOL_GPL(emulated_gpu);

static int gpu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (strcmp(pci_name(pdev), device))
		return -ENODEV;
	gpu = &pdev->dev;
	return 0;
}

static void gpu_remove(struct pci_dev *pdev)
{
	gpu = NULL;
}

/* Filled in with what the device is. */
static struct pci_device_id ids[2];

static struct pci_driver driver = {
	.name = "i915",
	.id_table = ids,
	.probe = gpu_probe,
	.remove = gpu_remove,
	/* Or kvmgt would be left with a parent that has no driver. */
	.driver.suppress_bind_attrs = true,
};

static int __init gpu_init(void)
{
	unsigned int domain, bus, slot, function;
	struct pci_dev *pdev;
	int ret;

	if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!pdev)
		return -ENODEV;
	ids[0].vendor = pdev->vendor;
	ids[0].device = pdev->device;
	ids[0].subvendor = PCI_ANY_ID;
	ids[0].subdevice = PCI_ANY_ID;
	pci_dev_put(pdev);

	ret = pci_register_driver(&driver);
	if (!ret && !gpu) {
		pci_unregister_driver(&driver);
		ret = -EBUSY;
	}
	return ret;
}

static void __exit gpu_exit(void)
{
	pci_unregister_driver(&driver);
}

module_init(gpu_init);
module_exit(gpu_exit);
MODULE_DESCRIPTION("A driver called i915 for a device without hardware");
MODULE_LICENSE("GPL");
