/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml-snippet.h"

#include <errno.h>

/* What ends a comment must not be in it (XML 1.0, 2.5). */
static void print_in_comment(const char *text, FILE *stream) {
    for (const char *c = text; *c; c++) {
        fputc(*c, stream);
        if (c[0] == '-' && c[1] == '-')
            fputc(' ', stream);
    }
}

static void print_address(const struct pci_address *address, const char *type, FILE *stream) {
    fprintf(stream, "    <address %sdomain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n",
            type, address->domain, address->bus, address->slot, address->function);
}

int xml_snippet_print(const struct xml_snippet *snippet, FILE *stream) {
    _cleanup_free_ char *text = pci_device_text(snippet->device);
    const char *managed = snippet->managed ? "yes" : "no";

    if (!text)
        return -ENOMEM;
    fputs("<!-- ", stream);
    print_in_comment(text, stream);
    fputs(" -->\n", stream);
    if (snippet->interface)
        fprintf(stream, "<interface type='hostdev' managed='%s'>\n", managed);
    else
        fprintf(stream, "<hostdev mode='subsystem' type='pci' managed='%s'>\n", managed);
    fputs("  <source>\n", stream);
    print_address(&snippet->device->address, snippet->interface ? "type='pci' " : "", stream);
    fprintf(stream, "  </source>\n</%s>\n", snippet->interface ? "interface" : "hostdev");
    return 0;
}

/* Which bus of the guest is free, and where libvirt has put function 0, nobody can know here. */
void xml_snippet_print_advice(const struct pci_device *const *functions, size_t count,
                              FILE *stream) {
    fputs(
        "<!-- libvirt gives each a slot of its own. A guest that has to see one card needs, below\n"
        "     the source of each, an address on one bus that is free there (here 7):\n",
        stream);
    for (size_t i = 0; i < count; i++)
        fprintf(
            stream,
            "     <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x%x'%s/>\n",
            functions[i]->address.function, i == 0 ? " multifunction='on'" : "");
    fputs("-->\n", stream);
}
