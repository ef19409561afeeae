// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for kvmgt, Intel's GVT-g: mediated graphics cards under the device that i915.c drives,
 * with the types that a real one of the fifth version has. They share one pool, so each instance
 * costs the other types some of theirs. An instance is a PCI device without any hardware behind it:
 * configuration space, no BAR, no interrupt, and a display that never has a picture. QEMU takes it.
 *
 *     insmod i915.ko enable_gvt=1; insmod kvmgt.ko
 *
 * Without GVT-g it loads, too, and there are no types.
 *
 * How creating and removing misbehaves can be changed at any time in
 * /sys/module/kvmgt/parameters. Removing cannot fail, for the kernel gives a driver no way to say
 * so; and while somebody has the instance open it waits until nobody has.
 */
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vfio.h>
#include <linux/wait.h>

#include "i915.h"

/* ---- how it misbehaves ---- */

static int fail_create;
module_param(fail_create, int, 0600);
MODULE_PARM_DESC(fail_create, "errno that creating an instance fails with; 0: it works");

static bool killable;
module_param(killable, bool, 0600);
MODULE_PARM_DESC(killable, "SIGKILL ends a stall");

static DECLARE_WAIT_QUEUE_HEAD(stall_changed);

static int set_stall(const char *value, const struct kernel_param *parameter)
{
	int ret = param_set_int(value, parameter);

	wake_up_all(&stall_changed);
	return ret;
}

static const struct kernel_param_ops stall_ops = { .set = set_stall, .get = param_get_int };

static int stall_create;
module_param_cb(stall_create, &stall_ops, &stall_create, 0600);
MODULE_PARM_DESC(stall_create, "milliseconds that creating takes; -1: until this is 0 again");

static int stall_remove;
module_param_cb(stall_remove, &stall_ops, &stall_remove, 0600);
MODULE_PARM_DESC(stall_remove, "milliseconds that removing takes; -1: until this is 0 again");

static int stall(const int *parameter)
{
	int time = READ_ONCE(*parameter);
	unsigned long timeout = time < 0 ? MAX_SCHEDULE_TIMEOUT : msecs_to_jiffies(time);
	long ret = 0;

	if (READ_ONCE(killable))
		ret = wait_event_killable_timeout(stall_changed, !READ_ONCE(*parameter), timeout);
	else
		wait_event_timeout(stall_changed, !READ_ONCE(*parameter), timeout);
	return ret < 0 ? -EINTR : 0;
}

/* ---- types ---- */

struct gvt_type {
	struct mdev_type type;
	unsigned int cost, low, high, weight;
	const char *resolution;
};

#define GVT_TYPE(number, cost_, low_, high_, resolution_, weight_)		\
	{									\
		.type.sysfs_name = "GVTg_V5_" #number,				\
		.cost = cost_, .low = low_, .high = high_,			\
		.resolution = resolution_, .weight = weight_,			\
	}

static struct gvt_type gvt_types[] = {
	GVT_TYPE(1, 8, 512, 2048, "1920x1200", 16),
	GVT_TYPE(2, 4, 256, 1024, "1920x1200", 8),
	GVT_TYPE(4, 2, 128, 512, "1920x1200", 4),
	GVT_TYPE(8, 1, 64, 384, "1024x768", 2),
};

static DEFINE_MUTEX(pool_lock);
static unsigned int pool = 8;

static struct gvt_type *to_gvt_type(struct mdev_type *type)
{
	return container_of(type, struct gvt_type, type);
}

static int take_from_pool(unsigned int cost)
{
	int ret = -ENOSPC;

	mutex_lock(&pool_lock);
	if (pool >= cost) {
		pool -= cost;
		ret = 0;
	}
	mutex_unlock(&pool_lock);
	return ret;
}

static void return_to_pool(unsigned int cost)
{
	mutex_lock(&pool_lock);
	pool += cost;
	mutex_unlock(&pool_lock);
}

static unsigned int get_available(struct mdev_type *type)
{
	return READ_ONCE(pool) / to_gvt_type(type)->cost;
}

static ssize_t show_description(struct mdev_type *type, char *buf)
{
	struct gvt_type *gvt = to_gvt_type(type);

	return sysfs_emit(buf,
			  "low_gm_size: %uMB\nhigh_gm_size: %uMB\nfence: 4\nresolution: %s\nweight: %u\n",
			  gvt->low, gvt->high, gvt->resolution, gvt->weight);
}

/* ---- an instance, as VFIO sees it ---- */

struct vgpu {
	struct vfio_device vfio;
	struct gvt_type *type;
	struct mutex lock; /* of what follows */
	u8 config[PCI_CFG_SPACE_SIZE];
	unsigned int weight;
	char params[64];
	char written[1024];
};

/* The region's number is in the upper bits of a file's offset. */
#define REGION_SHIFT 40

static struct vgpu *to_vgpu(struct vfio_device *vfio)
{
	return container_of(vfio, struct vgpu, vfio);
}

static int vgpu_init(struct vfio_device *vfio)
{
	struct vgpu *vgpu = to_vgpu(vfio);
	struct mdev_device *mdev = to_mdev_device(vfio->dev);
	struct pci_dev *parent = to_pci_dev(mdev->type->parent->dev);
	u8 *config = vgpu->config;

	vgpu->type = to_gvt_type(mdev->type);
	vgpu->weight = vgpu->type->weight;
	mutex_init(&vgpu->lock);
	*(__le16 *)&config[PCI_VENDOR_ID] = cpu_to_le16(parent->vendor);
	*(__le16 *)&config[PCI_DEVICE_ID] = cpu_to_le16(parent->device);
	*(__le16 *)&config[PCI_CLASS_DEVICE] = cpu_to_le16(PCI_CLASS_DISPLAY_OTHER);
	return 0;
}

static int vgpu_open(struct vfio_device *vfio)
{
	return 0;
}

/* How much of the configuration space an access of $count at $pos is about. */
static ssize_t config_span(loff_t pos, size_t count)
{
	loff_t start = pos & GENMASK_ULL(REGION_SHIFT - 1, 0);

	if (pos >> REGION_SHIFT != VFIO_PCI_CONFIG_REGION_INDEX || start >= PCI_CFG_SPACE_SIZE)
		return -EINVAL;
	return min_t(size_t, count, PCI_CFG_SPACE_SIZE - start);
}

static ssize_t vgpu_read(struct vfio_device *vfio, char __user *buf, size_t count, loff_t *ppos)
{
	struct vgpu *vgpu = to_vgpu(vfio);
	ssize_t span = config_span(*ppos, count);
	u8 data[PCI_CFG_SPACE_SIZE];

	if (span < 0)
		return span;
	mutex_lock(&vgpu->lock);
	memcpy(data, &vgpu->config[(u32)*ppos], span);
	mutex_unlock(&vgpu->lock);
	if (copy_to_user(buf, data, span))
		return -EFAULT;
	*ppos += span;
	return span;
}

/* All else is read-only; so the BARs have no size. */
static bool config_writable(u32 at)
{
	return at == PCI_COMMAND || at == PCI_COMMAND + 1 || at == PCI_CACHE_LINE_SIZE ||
	       at == PCI_LATENCY_TIMER || at == PCI_INTERRUPT_LINE;
}

static ssize_t vgpu_write(struct vfio_device *vfio, const char __user *buf, size_t count,
			  loff_t *ppos)
{
	struct vgpu *vgpu = to_vgpu(vfio);
	ssize_t span = config_span(*ppos, count);
	u32 start = *ppos, i;
	u8 data[PCI_CFG_SPACE_SIZE];

	if (span < 0)
		return span;
	if (copy_from_user(data, buf, span))
		return -EFAULT;
	mutex_lock(&vgpu->lock);
	for (i = 0; i < span; i++) {
		if (config_writable(start + i))
			vgpu->config[start + i] = data[i];
	}
	mutex_unlock(&vgpu->lock);
	*ppos += span;
	return span;
}

static long get_info(void __user *arg)
{
	size_t size = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

static long get_region_info(void __user *arg)
{
	size_t size = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size || info.index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info.flags = 0;
	info.size = 0;
	info.cap_offset = 0;
	info.offset = (u64)info.index << REGION_SHIFT;
	if (info.index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		info.size = PCI_CFG_SPACE_SIZE;
	}
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

static long get_irq_info(void __user *arg)
{
	size_t size = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = 0;
	info.count = 0;
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

/* A picture would be in a region of the device, but the guest has not set up a display yet. */
static long query_plane(void __user *arg)
{
	size_t size = offsetofend(struct vfio_device_gfx_plane_info, drm_plane_type);
	struct vfio_device_gfx_plane_info info;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	if (info.flags == (VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION))
		return 0;
	if (info.flags != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;
	memset(&info, 0, sizeof(info));
	info.argsz = size;
	info.flags = VFIO_GFX_PLANE_TYPE_REGION;
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

static long vgpu_ioctl(struct vfio_device *vfio, unsigned int command, unsigned long arg)
{
	switch (command) {
	case VFIO_DEVICE_GET_INFO:
		return get_info((void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info((void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info((void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return -EINVAL;
	case VFIO_DEVICE_RESET:
		return 0;
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return query_plane((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops vgpu_ops = {
	.name = "emulated-vgpu",
	.init = vgpu_init,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	.release = vfio_free_device,
#else
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
	.open_device = vgpu_open,
	.read = vgpu_read,
	.write = vgpu_write,
	.ioctl = vgpu_ioctl,
};

/* ---- its attributes: both can be read back, and vgpu/written tells in which order they came ---- */

static void remember(struct vgpu *vgpu, const char *attribute, const char *value)
{
	size_t used = strlen(vgpu->written);

	scnprintf(vgpu->written + used, sizeof(vgpu->written) - used, "%s=%s\n", attribute, value);
}

static ssize_t weight_show(struct device *dev, struct device_attribute *attribute, char *buf)
{
	struct vgpu *vgpu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", vgpu->weight);
}

static ssize_t weight_store(struct device *dev, struct device_attribute *attribute, const char *buf,
			    size_t count)
{
	struct vgpu *vgpu = dev_get_drvdata(dev);
	char text[16];
	unsigned int weight;
	int ret = kstrtouint(buf, 10, &weight);

	if (ret)
		return ret;
	if (weight < 1 || weight > 16)
		return -ERANGE;
	snprintf(text, sizeof(text), "%u", weight);
	mutex_lock(&vgpu->lock);
	vgpu->weight = weight;
	remember(vgpu, "weight", text);
	mutex_unlock(&vgpu->lock);
	return count;
}

static ssize_t params_show(struct device *dev, struct device_attribute *attribute, char *buf)
{
	struct vgpu *vgpu = dev_get_drvdata(dev);
	ssize_t ret;

	mutex_lock(&vgpu->lock);
	ret = sysfs_emit(buf, "%s\n", vgpu->params);
	mutex_unlock(&vgpu->lock);
	return ret;
}

static ssize_t params_store(struct device *dev, struct device_attribute *attribute, const char *buf,
			    size_t count)
{
	struct vgpu *vgpu = dev_get_drvdata(dev);

	if (count >= sizeof(vgpu->params))
		return -E2BIG;
	mutex_lock(&vgpu->lock);
	memcpy(vgpu->params, buf, count);
	vgpu->params[count] = '\0';
	strim(vgpu->params);
	remember(vgpu, "vgpu/params", vgpu->params);
	mutex_unlock(&vgpu->lock);
	return count;
}

static ssize_t written_show(struct device *dev, struct device_attribute *attribute, char *buf)
{
	struct vgpu *vgpu = dev_get_drvdata(dev);
	ssize_t ret;

	mutex_lock(&vgpu->lock);
	ret = sysfs_emit(buf, "%s", vgpu->written);
	mutex_unlock(&vgpu->lock);
	return ret;
}

static DEVICE_ATTR_RW(weight);
static DEVICE_ATTR_RW(params);
static DEVICE_ATTR_RO(written);

static struct attribute *top_attributes[] = { &dev_attr_weight.attr, NULL };
static const struct attribute_group top_group = { .attrs = top_attributes };

static struct attribute *vgpu_attributes[] = {
	&dev_attr_params.attr, &dev_attr_written.attr, NULL
};
static const struct attribute_group vgpu_group = { .name = "vgpu", .attrs = vgpu_attributes };

static const struct attribute_group *vgpu_groups[] = { &top_group, &vgpu_group, NULL };

/* ---- its life ---- */

static int vgpu_probe(struct mdev_device *mdev)
{
	unsigned int cost = to_gvt_type(mdev->type)->cost;
	struct vgpu *vgpu;
	int ret = take_from_pool(cost);

	if (ret)
		return ret;
	ret = stall(&stall_create);
	if (!ret)
		ret = -abs(READ_ONCE(fail_create));
	if (ret)
		goto give_back;
	vgpu = vfio_alloc_device(vgpu, vfio, &mdev->dev, &vgpu_ops);
	if (IS_ERR(vgpu)) {
		ret = PTR_ERR(vgpu);
		goto give_back;
	}
	dev_set_drvdata(&mdev->dev, vgpu);
	ret = vfio_register_emulated_iommu_dev(&vgpu->vfio);
	if (!ret)
		return 0;
	vfio_put_device(&vgpu->vfio);
give_back:
	return_to_pool(cost);
	return ret;
}

static void vgpu_remove(struct mdev_device *mdev)
{
	struct vgpu *vgpu = dev_get_drvdata(&mdev->dev);
	unsigned int cost = vgpu->type->cost;

	/* Whether killed or not, there is no way but on. */
	stall(&stall_remove);
	vfio_unregister_group_dev(&vgpu->vfio);
	vfio_put_device(&vgpu->vfio);
	return_to_pool(cost);
}

static struct mdev_driver driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.get_available = get_available,
	.show_description = show_description,
	.driver = {
		.name = "intel_vgpu_mdev",
		.owner = THIS_MODULE,
		.dev_groups = vgpu_groups,
	},
};

static struct mdev_type *types[ARRAY_SIZE(gvt_types)];
static struct mdev_parent parent;

static int __init gvt_init(void)
{
	size_t i;
	int ret;

	if (!emulated_gpu())
		return 0;
	for (i = 0; i < ARRAY_SIZE(gvt_types); i++)
		types[i] = &gvt_types[i].type;
	ret = mdev_register_driver(&driver);
	if (ret)
		return ret;
	ret = mdev_register_parent(&parent, emulated_gpu(), &driver, types, ARRAY_SIZE(types));
	if (ret)
		mdev_unregister_driver(&driver);
	return ret;
}

static void __exit gvt_exit(void)
{
	if (!emulated_gpu())
		return;
	mdev_unregister_parent(&parent);
	mdev_unregister_driver(&driver);
}

module_init(gvt_init);
module_exit(gvt_exit);
MODULE_DESCRIPTION("Mediated graphics cards called i915-GVTg_V5_* without hardware");
MODULE_LICENSE("GPL");
