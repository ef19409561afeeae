/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-needs-network.h"

#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* A VLAN on a bridge on a bond. */
#define DEPTH_MAX 8

/* What an interface is made of has links to it: lower_eno1. */
static int note_interface(struct asking *asking, const char *name, unsigned depth) {
    static const char lower[] = "lower_";
    char path[sizeof "/sys/class/net/" + IFNAMSIZ];
    _cleanup_free_ char *real = NULL;
    _cleanup_closedir_ DIR *entries = NULL;
    int r = 0;

    snprintf(path, sizeof path, "/sys/class/net/%s", name);
    real = realpath(path, NULL);
    entries = real && depth < DEPTH_MAX ? opendir(real) : NULL;
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry && r == 0;
         entry = readdir(entries))
        if (strncmp(entry->d_name, lower, strlen(lower)) == 0 &&
            strlen(entry->d_name + strlen(lower)) < IFNAMSIZ)
            r = note_interface(asking, entry->d_name + strlen(lower), depth + 1);
    return r < 0 || !real ? r : host_needs_note(asking, real);
}

static void close_addresses(struct ifaddrs **addresses) {
    if (*addresses)
        freeifaddrs(*addresses);
}

static bool is_ip(const struct ifaddrs *address) {
    return address->ifa_addr && !(address->ifa_flags & IFF_LOOPBACK) &&
           (address->ifa_addr->sa_family == AF_INET || address->ifa_addr->sa_family == AF_INET6);
}

int host_needs_note_network(struct asking *asking) {
    _cleanup_(close_addresses) struct ifaddrs *addresses = NULL;
    int r = getifaddrs(&addresses) < 0 ? -errno : 0;

    for (const struct ifaddrs *address = addresses; address && r == 0; address = address->ifa_next)
        if (is_ip(address))
            r = note_interface(asking, address->ifa_name, 0);
    return r;
}
