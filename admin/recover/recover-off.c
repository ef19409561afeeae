/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover-off.h"

#include <string.h>
#include <sys/stat.h>

/* What was detached by hand is nobody's that libvirt could know. */
static bool is_in_question(const struct holding *holding) {
    struct pci_address device;

    return !journal_is_by_hand(holding->domain, &device) && holding->state == HOLDING_LIVE &&
           !process_qemu_lives(holding->domain);
}

void off_domains_read(const struct holdings *holdings, struct off_domains *ret) {
    _cleanup_libvirt_ struct libvirt *libvirt = NULL;
    _cleanup_error_ struct error error = {0};
    bool any = false;

    for (size_t i = 0; i < holdings->count; i++)
        any = any || is_in_question(&holdings->items[i]);
    ret->known = any && libvirt_open(&libvirt, &error) == 0 &&
                 libvirt_domains(libvirt, &ret->domains, &error) == 0;
}

static bool runs(const struct libvirt_domains *domains, const char *name) {
    for (size_t i = 0; i < domains->count; i++)
        if (strcmp(domains->items[i].name, name) == 0)
            return domains->items[i].running;
    return false;
}

/* As long as the holding has it open no new file can get its number. */
static bool is_same_file(const struct journal *a, const struct journal *b) {
    struct stat first, second;

    return a && fstat(a->fd, &first) == 0 && fstat(b->fd, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool off_domains_has(const struct off_domains *off, const struct holding *holding,
                     const struct journal *journal) {
    return off->known && is_in_question(holding) && is_same_file(holding->journal, journal) &&
           !runs(&off->domains, holding->domain);
}

void off_domains_done(struct off_domains *off) {
    libvirt_domains_done(&off->domains);
}
