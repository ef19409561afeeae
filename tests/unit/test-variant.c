/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "variant.h"

static char aliases[] = "vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
                        "vfio_pci:v000015B3d*sv*sd*bc*sc*i* wide_vfio_pci\n"
                        "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
                        "vfio_pci:v000019E5d0000A255sv*sd*bc*sc*i* hisi_acc_vfio_pci\n";
static const struct variants variants = {aliases};

static void the_best_is_found(_unused_ void **state) {
    char module[DRIVER_NAME_MAX];

    assert_true(
        variants_find(&variants, "pci:v000015B3d0000101Esv000015B3sd00000016bc02sc00i00", module));
    assert_string_equal(module, "mlx5_vfio_pci");
    assert_true(
        variants_find(&variants, "pci:v000015B3d0000101Dsv000015B3sd00000016bc02sc00i00", module));
    assert_string_equal(module, "wide_vfio_pci");
    assert_true(
        variants_find(&variants, "pci:v000019E5d0000A255sv00000000sd00000000bc12sc00i00", module));
    assert_string_equal(module, "hisi_acc_vfio_pci");
}

static void none_is_none(_unused_ void **state) {
    const struct variants empty = {NULL};
    char module[DRIVER_NAME_MAX];

    assert_false(
        variants_find(&variants, "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02", module));
    assert_string_equal(module, "");
    assert_false(
        variants_find(&empty, "pci:v000015B3d0000101Esv000015B3sd00000016bc02sc00i00", module));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("of several variants the one with the fewest wildcards is found", the_best_is_found),
        PROVES("vfio-pci itself is no variant", none_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
