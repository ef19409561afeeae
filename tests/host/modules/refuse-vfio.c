// SPDX-License-Identifier: GPL-2.0
/*
 * Makes vfio-pci refuse one device, as it does with a device of a kind it does not serve. Emulated
 * devices are all of a kind it serves, so this one looks like a bridge while vfio-pci probes it:
 * the bind fails with EINVAL, in the driver's own code, and the device is left without a driver.
 *
 *     insmod refuse-vfio.ko device=0000:02:00.0
 */
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "PCI address of the device that vfio-pci shall refuse");

static int on_pci_event(struct notifier_block *block, unsigned long action, void *data)
{
	struct device *dev = data;
	struct pci_dev *pdev = to_pci_dev(dev);

	if (strcmp(dev_name(dev), device))
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_BIND_DRIVER && !strcmp(dev->driver->name, "vfio-pci"))
		pdev->hdr_type = PCI_HEADER_TYPE_BRIDGE;
	else if (action == BUS_NOTIFY_DRIVER_NOT_BOUND || action == BUS_NOTIFY_BOUND_DRIVER)
		pdev->hdr_type = PCI_HEADER_TYPE_NORMAL;
	return NOTIFY_DONE;
}

static struct notifier_block block = { .notifier_call = on_pci_event };

static int __init refuse_init(void)
{
	return bus_register_notifier(&pci_bus_type, &block);
}

static void __exit refuse_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &block);
}

module_init(refuse_init);
module_exit(refuse_exit);
MODULE_DESCRIPTION("Makes vfio-pci refuse one device");
MODULE_LICENSE("GPL");
