/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "json-record.h"
#include "plan.h"

/*
 * A host as seeds of the project have it: a GPU and its sound function share group 1 with their
 * root port, a NIC is alone in group 2, a drive in group 3 is reserved for VMs already, and the
 * drive in group 4 has no driver.
 */
enum { PORT, GPU, SOUND, NIC, RESERVED, IDLE, DEVICES };

struct fixture {
    struct host_device devices[DEVICES];
    struct host_driver drivers[3];
    struct host host;
    struct hostdev hostdevs[4];
    struct domain domain;
    struct policy policy;
    struct policy_device rule;
    struct intent intent;
    struct steps steps;
    struct refusal refusal;
};

static struct pci_address at(const char *text) {
    struct pci_address address;

    assert_int_equal(pci_address_parse(text, &address), 0);
    return address;
}

static struct host_device device(const char *address, int group, uint32_t class,
                                 const char *driver) {
    struct host_device ret = {
        .address = at(address),
        .present = true,
        .id = {.vendor = 0x10de, .device = 0x13c2},
        .class = class,
        .group = group,
    };

    strcpy(ret.driver, driver);
    return ret;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    f->devices[PORT] = device("0000:00:01.0", 1, 0x060400, "pcieport");
    f->devices[PORT].header_type = PCI_HEADER_BRIDGE;
    f->devices[GPU] = device("0000:01:00.0", 1, 0x030000, "nouveau");
    f->devices[SOUND] = device("0000:01:00.1", 1, 0x040300, "snd_hda_intel");
    f->devices[NIC] = device("0000:02:00.0", 2, 0x020000, "e1000e");
    f->devices[RESERVED] = device("0000:03:00.0", 3, 0x010802, "vfio-pci");
    strcpy(f->devices[RESERVED].override, "vfio-pci");
    f->devices[IDLE] = device("0000:04:00.0", 4, 0x010802, "");
    f->drivers[0] = (struct host_driver){.name = "vfio-pci", .registered = true, .available = true};
    f->host = (struct host){
        .devices = f->devices, .n_devices = DEVICES, .drivers = f->drivers, .n_drivers = 1};
    f->domain.hostdevs = f->hostdevs;
    f->policy.timeout = 15;
    *state = f;
    return 0;
}

static void forget_plan(struct fixture *f) {
    intent_done(&f->intent);
    steps_done(&f->steps);
    f->intent = (struct intent){0};
    f->steps = (struct steps){0};
}

static int tear_down(void **state) {
    struct fixture *f = *state;

    forget_plan(f);
    free(f);
    return 0;
}

static struct hostdev *give(struct fixture *f, const char *address) {
    struct hostdev *hostdev = &f->hostdevs[f->domain.n_hostdevs++];

    *hostdev = (struct hostdev){.address = at(address), .managed = true};
    return hostdev;
}

static void only_devices(struct fixture *f, size_t first, size_t count) {
    f->host.devices = &f->devices[first];
    f->host.n_devices = count;
}

/* Both halves, as prepare runs them. */
static int plan(struct fixture *f) {
    int r = plan_intent(&f->domain, &f->policy, &f->host, &f->intent, &f->refusal);

    return r == 0 ? plan_steps(&f->domain, &f->policy, &f->host, &f->intent, &f->steps, &f->refusal)
                  : r;
}

static void assert_refused(struct fixture *f, enum refusal_reason reason, const char *address) {
    assert_int_equal(plan(f), PLAN_REFUSED);
    assert_int_equal(f->refusal.reason, reason);
    assert_string_equal(PCI_ADDRESS_FORMAT(f->refusal.device), address);
    assert_int_equal(f->steps.count, 0);
}

static void assert_bind(const struct steps *steps, size_t i, const char *address,
                        const char *driver, const char *was_driver) {
    if (i >= steps->count) {
        fail_msg("there is no step %zu", i);
        return;
    }
    assert_ptr_equal(steps->items[i].kind, &step_kind_bind);
    assert_string_equal(json_string(steps->items[i].data, "device"), address);
    assert_string_equal(json_string(steps->items[i].data, "driver"), driver);
    assert_string_equal(json_string(steps->items[i].data, "was-driver"), was_driver);
}

static void binds_devices(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    give(f, "0000:01:00.1");
    only_devices(f, PORT, 3);
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 2);
    assert_bind(&f->steps, 0, "0000:01:00.0", "vfio-pci", "nouveau");
    assert_bind(&f->steps, 1, "0000:01:00.1", "vfio-pci", "snd_hda_intel");
    assert_non_null(claims_conflict(&f->intent.claims, "pci 0000:01:00.0"));
    assert_non_null(claims_conflict(&f->intent.claims, "pci 0000:01:00.1"));
    assert_non_null(claims_conflict(&f->intent.claims, "iommu-group 1"));
    assert_int_equal(f->intent.claims.count, 3);
}

static void needs_whole_groups(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    only_devices(f, PORT, 3);
    assert_refused(f, REFUSED_GROUP, "0000:01:00.0");
    assert_string_equal(PCI_ADDRESS_FORMAT(f->refusal.other), "0000:01:00.1");
}

static void leaves_what_is_in_use(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0");
    only_devices(f, NIC, 1);
    f->devices[NIC].use = IN_USE_KNOWN;
    assert_refused(f, REFUSED_IN_USE, "0000:02:00.0");
    forget_plan(f);
    f->devices[NIC].use = IN_USE_VAGUELY;
    assert_refused(f, REFUSED_IN_USE, "0000:02:00.0");
    forget_plan(f);
    f->devices[NIC].use = IN_USE_NOT;
    assert_int_equal(plan(f), 0);
}

static void forces_what_is_told(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0");
    only_devices(f, NIC, 1);
    f->rule = (struct policy_device){.address = at("0000:02:00.0"), .force_in_use = true};
    f->policy.devices = &f->rule;
    f->policy.n_devices = 1;
    f->devices[NIC].use = IN_USE_VITAL;
    assert_refused(f, REFUSED_VITAL, "0000:02:00.0");
    forget_plan(f);
    f->devices[NIC].use = IN_USE_KNOWN;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
}

static void guards_what_libvirt_binds(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0")->element = HOSTDEV_INTERFACE;
    only_devices(f, NIC, 1);
    f->devices[NIC].use = IN_USE_KNOWN;
    assert_refused(f, REFUSED_IN_USE, "0000:02:00.0");
}

static void keeps_the_boot_display(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    give(f, "0000:01:00.1");
    only_devices(f, PORT, 3);
    f->devices[GPU].boot_display = true;
    assert_refused(f, REFUSED_BOOT_DISPLAY, "0000:01:00.0");
    forget_plan(f);
    /* Reserved for VMs, or without a driver, it shows nothing. */
    *f->devices[GPU].driver = '\0';
    assert_int_equal(plan(f), 0);
}

static void accepts_harmless_members(void **state) {
    struct fixture *f = *state;
    static const char *const harmless[] = {"", "vfio-pci", "pci-stub", "mlx5_vfio_pci"};

    give(f, "0000:01:00.0");
    only_devices(f, PORT, 3);
    for (size_t i = 0; i < ELEMENTS(harmless); i++) {
        strcpy(f->devices[SOUND].driver, harmless[i]);
        assert_int_equal(plan(f), 0);
        assert_int_equal(f->steps.count, 1);
        assert_bind(&f->steps, 0, "0000:01:00.0", "vfio-pci", "nouveau");
        forget_plan(f);
    }
}

static void takes_groups_along(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    only_devices(f, PORT, 3);
    f->policy.group = GROUP_BIND;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 2);
    assert_bind(&f->steps, 1, "0000:01:00.1", "vfio-pci", "snd_hda_intel");
    assert_non_null(claims_conflict(&f->intent.claims, "pci 0000:01:00.1"));
    assert_null(claims_conflict(&f->intent.claims, "pci 0000:00:01.0"));
}

static void leaves_idle_members(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    only_devices(f, PORT, 3);
    f->policy.group = GROUP_BIND;
    f->devices[SOUND].driver[0] = '\0';
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
}

static void leaves_reserved_devices(void **state) {
    struct fixture *f = *state;

    give(f, "0000:03:00.0");
    only_devices(f, RESERVED, 1);
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
    assert_non_null(claims_conflict(&f->intent.claims, "pci 0000:03:00.0"));
}

static void remembers_no_driver(void **state) {
    struct fixture *f = *state;

    give(f, "0000:04:00.0");
    only_devices(f, IDLE, 1);
    assert_int_equal(plan(f), 0);
    assert_bind(&f->steps, 0, "0000:04:00.0", "vfio-pci", "");
}

static void takes_from_stub(void **state) {
    struct fixture *f = *state;

    give(f, "0000:03:00.0");
    only_devices(f, RESERVED, 1);
    strcpy(f->devices[RESERVED].driver, "pci-stub");
    assert_int_equal(plan(f), 0);
    assert_bind(&f->steps, 0, "0000:03:00.0", "vfio-pci", "pci-stub");
    assert_string_equal(json_string(f->steps.items[0].data, "was-override"), "vfio-pci");
}

static void loads_modules_once_and_first(void **state) {
    struct fixture *f = *state;

    f->drivers[0].registered = false;
    give(f, "0000:02:00.0");
    give(f, "0000:04:00.0");
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 3);
    assert_ptr_equal(f->steps.items[0].kind, &step_kind_module);
    assert_string_equal(step_module_name(&f->steps.items[0]), "vfio_pci");
    assert_bind(&f->steps, 1, "0000:02:00.0", "vfio-pci", "e1000e");
    assert_bind(&f->steps, 2, "0000:04:00.0", "vfio-pci", "");
}

static void prefers_the_model(void **state) {
    struct fixture *f = *state;
    char model[] = "mlx5_vfio_pci";

    give(f, "0000:02:00.0")->driver_model = model;
    give(f, "0000:03:00.0")->driver_model = model;
    f->drivers[1] = (struct host_driver){.name = "mlx5-vfio-pci", .available = true};
    f->host.n_drivers = 2;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 3);
    assert_string_equal(step_module_name(&f->steps.items[0]), "mlx5_vfio_pci");
    assert_bind(&f->steps, 1, "0000:02:00.0", "mlx5-vfio-pci", "e1000e");
    assert_bind(&f->steps, 2, "0000:03:00.0", "mlx5-vfio-pci", "vfio-pci");
}

static void uses_variants(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0");
    strcpy(f->devices[NIC].variant, "nice_vfio_pci");
    f->drivers[1] =
        (struct host_driver){.name = "nice_vfio_pci", .registered = true, .available = true};
    f->host.n_drivers = 2;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
    assert_bind(&f->steps, 0, "0000:02:00.0", "nice_vfio_pci", "e1000e");
}

static void leaves_managed_interfaces(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0")->element = HOSTDEV_INTERFACE;
    only_devices(f, NIC, 1);
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
    assert_non_null(claims_conflict(&f->intent.claims, "pci 0000:02:00.0"));
    forget_plan(f);
    f->hostdevs[0].managed = false;
    assert_int_equal(plan(f), 0);
    assert_bind(&f->steps, 0, "0000:02:00.0", "vfio-pci", "e1000e");
}

static void obeys_detach(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0");
    give(f, "0000:04:00.0")->managed = false;
    f->policy.detach = DETACH_UNMANAGED;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
    assert_bind(&f->steps, 0, "0000:04:00.0", "vfio-pci", "");
    assert_int_equal(f->intent.claims.count, 4);
}

static void obeys_detach_none(void **state) {
    struct fixture *f = *state;

    give(f, "0000:01:00.0");
    f->policy.detach = DETACH_NONE;
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 0);
    assert_int_equal(f->intent.claims.count, 0);
}

static void refuses_bridges(void **state) {
    struct fixture *f = *state;

    give(f, "0000:00:01.0");
    assert_refused(f, REFUSED_BRIDGE, "0000:00:01.0");
}

static void refuses_absent_devices(void **state) {
    struct fixture *f = *state;

    f->devices[NIC].present = false;
    give(f, "0000:02:00.0");
    assert_refused(f, REFUSED_NO_DEVICE, "0000:02:00.0");
}

static void refuses_without_iommu(void **state) {
    struct fixture *f = *state;

    f->devices[NIC].group = IOMMU_GROUP_NONE;
    give(f, "0000:02:00.0");
    assert_refused(f, REFUSED_NO_IOMMU, "0000:02:00.0");
}

static void refuses_moved_cards(void **state) {
    struct fixture *f = *state;

    give(f, "0000:02:00.0");
    f->rule = (struct policy_device){
        .address = at("0000:02:00.0"), .has_id = true, .id = {0x144d, 0xa80a}};
    f->policy.devices = &f->rule;
    f->policy.n_devices = 1;
    assert_refused(f, REFUSED_OTHER_ID, "0000:02:00.0");
    f->rule.id = f->devices[NIC].id;
    only_devices(f, NIC, 1);
    assert_int_equal(plan(f), 0);
    assert_int_equal(f->steps.count, 1);
}

static void refuses_without_vfio(void **state) {
    struct fixture *f = *state;

    f->drivers[0].registered = f->drivers[0].available = false;
    give(f, "0000:02:00.0");
    assert_refused(f, REFUSED_NO_DRIVER, "0000:02:00.0");
    assert_string_equal(f->refusal.driver, "vfio-pci");
}

#define PLANS(sentence, function)                                                                  \
    ((const struct CMUnitTest){sentence, function, set_up, tear_down, NULL})

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANS("each device of the VM is bound to vfio-pci and claimed with its group",
              binds_devices),
        PLANS("a group member on a host driver is named and refused", needs_whole_groups),
        PLANS("what the host uses, or may use, is refused", leaves_what_is_in_use),
        PLANS("force = in-use takes it, but not what the host cannot do without",
              forces_what_is_told),
        PLANS("what libvirt binds by itself is guarded as well", guards_what_libvirt_binds),
        PLANS("the display of the boot stays while a driver of the host has it",
              keeps_the_boot_display),
        PLANS("group members on no driver, pci-stub or a VFIO driver are in nobody's way",
              accepts_harmless_members),
        PLANS("iommu-group = bind takes the rest of the group along, but no bridge",
              takes_groups_along),
        PLANS("iommu-group = bind leaves a member without driver alone", leaves_idle_members),
        PLANS("a device reserved before gets no step, and is claimed", leaves_reserved_devices),
        PLANS("a device without driver is remembered as such", remembers_no_driver),
        PLANS("a device on pci-stub goes to vfio-pci, and its override is remembered",
              takes_from_stub),
        PLANS("a module is loaded once, before anything is bound", loads_modules_once_and_first),
        PLANS("<driver model> decides, even for a device on vfio-pci", prefers_the_model),
        PLANS("a vendor-specific VFIO driver is used where there is one", uses_variants),
        PLANS("a managed <interface> is claimed and left to libvirt", leaves_managed_interfaces),
        PLANS("detach = unmanaged leaves managed devices to libvirt", obeys_detach),
        PLANS("detach = none does and claims nothing", obeys_detach_none),
        PLANS("a bridge is refused", refuses_bridges),
        PLANS("an address without device is refused", refuses_absent_devices),
        PLANS("a device without IOMMU group is refused", refuses_without_iommu),
        PLANS("a device that is not the one configured is refused", refuses_moved_cards),
        PLANS("without vfio-pci the VM is refused", refuses_without_vfio),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
