#include "claim.h"

#include <errno.h>
#include <string.h>

const struct claim *claims_find(const struct claims *claims, const char *what) {
    for (size_t i = 0; i < claims->count; i++)
        if (strcmp(claims->items[i].what, what) == 0)
            return &claims->items[i];
    return NULL;
}

static int add(struct claims *claims, const struct claim *claim) {
    struct claim *larger;

    if (claims_find(claims, claim->what))
        return 0;
    larger = reallocarray(claims->items, claims->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    claims->items = larger;
    larger[claims->count++] = *claim;
    return 0;
}

int claims_add_device(struct claims *claims, struct pci_address device) {
    struct claim claim = {.device = device};

    snprintf(claim.what, sizeof claim.what, "pci %s", PCI_ADDRESS_FORMAT(device));
    return add(claims, &claim);
}

int claims_add_group(struct claims *claims, int group, struct pci_address device) {
    struct claim claim = {.device = device, .is_group = true};

    snprintf(claim.what, sizeof claim.what, "iommu-group %d", group);
    return add(claims, &claim);
}

void claims_done(struct claims *claims) {
    free(claims->items);
}
