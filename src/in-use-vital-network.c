/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "in-use-vital.h"

#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "file.h"

/* A VLAN on a bridge on a bond. */
#define DEPTH_MAX 8

/* What an interface is made of has links to it: lower_eno1. */
static int note_interface(const struct in_use_vital *vital, const char *what, const char *name,
                          unsigned depth) {
    static const char lower[] = "lower_";
    char path[sizeof "/sys/class/net/" + IFNAMSIZ];
    _cleanup_free_ char *real = NULL;
    _cleanup_closedir_ DIR *entries = NULL;
    int r = 0;

    snprintf(path, sizeof path, "/sys/class/net/%s", name);
    real = realpath(path, NULL);
    if (!real)
        return errno == ENOENT ? 0 : -errno;
    entries = depth < DEPTH_MAX ? opendir(real) : NULL;
    if (!entries && depth < DEPTH_MAX)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *entry = entries ? file_next_entry(entries, &r) : NULL; entry && r == 0;
         entry = file_next_entry(entries, &r))
        if (strncmp(entry->d_name, lower, strlen(lower)) == 0 &&
            strlen(entry->d_name + strlen(lower)) < IFNAMSIZ)
            r = note_interface(vital, what, entry->d_name + strlen(lower), depth + 1);
    return r < 0 ? r : vital->note(vital->data, what, real);
}

static void close_addresses(struct ifaddrs **addresses) {
    if (*addresses)
        freeifaddrs(*addresses);
}

static bool is_ip(const struct ifaddrs *address) {
    return address->ifa_addr && !(address->ifa_flags & IFF_LOOPBACK) &&
           (address->ifa_addr->sa_family == AF_INET || address->ifa_addr->sa_family == AF_INET6);
}

int in_use_vital_note_network(const struct in_use_vital *vital, const char *what) {
    _cleanup_(close_addresses) struct ifaddrs *addresses = NULL;
    int r = getifaddrs(&addresses) < 0 ? -errno : 0;

    for (const struct ifaddrs *address = addresses; address && r == 0; address = address->ifa_next)
        if (is_ip(address))
            r = note_interface(vital, what, address->ifa_name, 0);
    return r;
}
