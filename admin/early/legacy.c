/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "legacy.h"

#include <errno.h>
#include <string.h>

#include "kernel-line.h"
#include "say.h"
#include "text.h"

int legacy_add_source(struct legacy *legacy, char *what, char *away) {
    struct legacy_source *larger =
        reallocarray(legacy->sources, legacy->source_count + 1, sizeof *larger);

    if (larger)
        legacy->sources = larger;
    if (!larger || !what || !away) {
        free(what);
        free(away);
        return -ENOMEM;
    }
    larger[legacy->source_count++] = (struct legacy_source){what, away};
    return 0;
}

static int add_claim(struct legacy *legacy, struct legacy_claim claim) {
    struct legacy_claim *larger =
        reallocarray(legacy->claims, legacy->claim_count + 1, sizeof *larger);

    if (larger)
        legacy->claims = larger;
    if (!larger || !claim.text) {
        free(claim.text);
        return -ENOMEM;
    }
    claim.source = legacy->source_count - 1;
    larger[legacy->claim_count++] = claim;
    return 0;
}

static int add_id(struct legacy *legacy, const char *text, size_t length) {
    struct legacy_claim claim = {.text = strndup(text, length)};

    if (claim.text && *claim.text && pci_pattern_parse(claim.text, &claim.pattern) < 0) {
        say_warning("%s: '%s' is not understood, and left out",
                    legacy->sources[legacy->source_count - 1].what, claim.text);
        free(claim.text);
        return 0;
    }
    return add_claim(legacy, claim);
}

int legacy_add_ids(struct legacy *legacy, const char *ids) {
    static const char separators[] = ",\"'";
    int r = 0;

    for (ids += strspn(ids, separators); *ids && r == 0; ids += strspn(ids, separators)) {
        size_t length = strcspn(ids, separators);

        r = add_id(legacy, ids, length);
        ids += length;
    }
    return r;
}

int legacy_add_address(struct legacy *legacy, struct pci_address address) {
    return add_claim(legacy, (struct legacy_claim){
                                 .text = text_format("%s", PCI_ADDRESS_FORMAT(address)),
                                 .has_address = true,
                                 .address = address,
                             });
}

/* ---- the kernel line ------------------------------------------------------------------------- */

static int take_word(void *data, const char *word, size_t length) {
    static const char *const names[] = {"vfio-pci.ids=", "vfio_pci.ids="};
    _cleanup_free_ char *copy = strndup(word, length);
    struct legacy *legacy = data;

    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        if (strncmp(copy, names[i], strlen(names[i])) != 0)
            continue;
        if (legacy_add_source(legacy, text_format("%s on the kernel line", copy),
                              text_format("%s, from the kernel line: where the boot loader has it "
                                          "(GRUB: /etc/default/grub, then update-grub)",
                                          copy)) < 0)
            return -ENOMEM;
        return legacy_add_ids(legacy, copy + strlen(names[i]));
    }
    return 0;
}

int legacy_read_kernel_line(struct legacy *legacy) {
    _cleanup_free_ char *line = kernel_line_read();

    return line ? kernel_line_for_each(line, take_word, legacy) : 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

int legacy_read(struct legacy *ret, struct error *error) {
    return legacy_read_kernel_line(ret) < 0 || legacy_read_modprobe(ret) < 0 ||
                   legacy_read_driverctl(ret) < 0
               ? error_oom(error)
               : 0;
}

void legacy_done(struct legacy *legacy) {
    for (size_t i = 0; i < legacy->source_count; i++) {
        free(legacy->sources[i].what);
        free(legacy->sources[i].away);
    }
    for (size_t i = 0; i < legacy->claim_count; i++)
        free(legacy->claims[i].text);
    free(legacy->sources);
    free(legacy->claims);
    *legacy = (struct legacy){0};
}
