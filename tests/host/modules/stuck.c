// SPDX-License-Identifier: GPL-2.0
/*
 * A driver whose remove() does not return, for QEMU's educational device, for which Linux has none.
 * Nobody can kill who waits for it. It returns when the parameter is written:
 *
 *     insmod stuck.ko
 *     echo N > /sys/module/stuck/parameters/stuck
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static bool stuck = true;
module_param(stuck, bool, 0644);
MODULE_PARM_DESC(stuck, "whether remove() does not return");

static int stuck_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return pci_enable_device(pdev);
}

/* In state D: this module sleeps for no signal. */
static void stuck_remove(struct pci_dev *pdev)
{
	while (READ_ONCE(stuck))
		msleep(50);
	pci_disable_device(pdev);
}

static const struct pci_device_id stuck_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ },
};

static struct pci_driver stuck_driver = {
	.name = "stuck",
	.id_table = stuck_ids,
	.probe = stuck_probe,
	.remove = stuck_remove,
};

module_pci_driver(stuck_driver);
MODULE_DESCRIPTION("A driver whose remove() does not return");
MODULE_LICENSE("GPL");
