/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "step-text.h"

#include <string.h>

#include "device-text.h"
#include "json-record.h"
#include "text.h"

char *step_text(const struct step *step, bool undo) {
    _cleanup_free_ char *text = step->kind->describe(step->data, undo), *device = NULL;
    const char *word = json_string(step->data, "device"), *place;
    struct pci_address address;

    if (!text || !word || pci_address_parse(word, &address) < 0)
        return take_pointer(text);
    device = device_text(address);
    place = strstr(text, PCI_ADDRESS_FORMAT(address));
    if (!device || !place)
        return take_pointer(text);
    return text_format("%.*s%s%s", (int)(place - text), text, device,
                       place + strlen(PCI_ADDRESS_FORMAT(address)));
}
