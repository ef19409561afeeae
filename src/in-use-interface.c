/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the host uses a network interface: one that is merely up, as they all are, is free. */

#include "in-use-search.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "default-route.h"
#include "file.h"

static void close_addresses(struct ifaddrs **addresses) {
    if (*addresses)
        freeifaddrs(*addresses);
}

/* Any that somebody gave it: link-local ones of IPv6 come by themselves. */
static bool is_real(const struct ifaddrs *address) {
    if (!address->ifa_addr)
        return false;
    if (address->ifa_addr->sa_family == AF_INET)
        return true;
    return address->ifa_addr->sa_family == AF_INET6 &&
           !IN6_IS_ADDR_LINKLOCAL(
               &((const struct sockaddr_in6 *)(const void *)address->ifa_addr)->sin6_addr);
}

static void print_address(const struct sockaddr *address, char *ret) {
    const void *bytes =
        address->sa_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

    if (!inet_ntop(address->sa_family, bytes, ret, INET6_ADDRSTRLEN))
        strcpy(ret, "?");
}

static void check_addresses(struct in_use *in_use, const char *name) {
    _cleanup_(close_addresses) struct ifaddrs *addresses = NULL;

    if (getifaddrs(&addresses) < 0) {
        in_use_note(in_use, IN_USE_VAGUELY,
                    "the addresses of its network interface %s cannot be read: %s", name,
                    strerror(errno));
        return;
    }
    for (const struct ifaddrs *address = addresses; address; address = address->ifa_next) {
        char text[INET6_ADDRSTRLEN];

        if (strcmp(address->ifa_name, name) != 0 || !(address->ifa_flags & IFF_UP) ||
            !is_real(address))
            continue;
        print_address(address->ifa_addr, text);
        in_use_note(in_use, IN_USE_KNOWN, "its network interface %s has the address %s", name,
                    text);
        return;
    }
}

/* A bridge, a bond, a team, Open vSwitch: whatever the interface is a port of. 1, 0, or a negative
 * errno, as what follows. */
static int find_master(int directory, char *ret, size_t size) {
    int r = file_link_name_at(directory, "master", ret, size);

    return r == -ENOENT || r == -ENODEV ? 0 : r < 0 ? r : 1;
}

/* A VLAN, a macvtap of a VM: what stands on an interface has a link to it, upper_eno1.100. */
static int find_upper(int directory, char *ret, size_t size) {
    static const char upper[] = "upper_";
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    int r = entries ? 0 : -errno;

    if (!entries)
        close_descriptor(&copy);
    for (struct dirent *entry = entries ? file_next_entry(entries, &r) : NULL; entry;
         entry = file_next_entry(entries, &r))
        if (strncmp(entry->d_name, upper, strlen(upper)) == 0) {
            snprintf(ret, size, "%.*s", (int)size - 1, entry->d_name + strlen(upper));
            return 1;
        }
    return r == -ENODEV || r == -ENOENT ? 0 : r;
}

static void note_unknown(struct in_use *in_use, const char *name, int code) {
    in_use_note(in_use, IN_USE_VAGUELY, "its network interface %s cannot be examined: %s", name,
                strerror(code));
}

void in_use_check_interface(struct in_use *in_use, int directory, const char *name) {
    char other[IFNAMSIZ];
    int r = default_route_is_through(name);

    if (r > 0)
        in_use_note(in_use, IN_USE_KNOWN,
                    "the host's default route leads through its network interface %s", name);
    if (r < 0)
        note_unknown(in_use, name, -r);
    r = find_master(directory, other, sizeof other);
    if (r > 0)
        in_use_note(in_use, IN_USE_KNOWN, "its network interface %s is a port of %s", name, other);
    if (r < 0)
        note_unknown(in_use, name, -r);
    r = find_upper(directory, other, sizeof other);
    if (r > 0)
        in_use_note(in_use, IN_USE_KNOWN, "its network interface %s carries %s", name, other);
    if (r < 0)
        note_unknown(in_use, name, -r);
    check_addresses(in_use, name);
}
