/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the host uses a network interface: one that is merely up, as they all are, is free. */

#include "in-use-search.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "file.h"

#define ROUTE_UP 0x1

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

/* A line of /proc/net/route: interface, destination and gateway in hexadecimal, flags. */
static bool has_default_route(const char *name) {
    _cleanup_fclose_ FILE *routes = fopen("/proc/net/route", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    while (routes && getline(&line, &room, routes) >= 0) {
        char interface[IFNAMSIZ];
        unsigned long destination;
        unsigned flags;

        if (sscanf(line, "%15s %lx %*x %x", interface, &destination, &flags) == 3 &&
            destination == 0 && (flags & ROUTE_UP) && strcmp(interface, name) == 0)
            return true;
    }
    return false;
}

/* A bridge, a bond, a team, Open vSwitch: whatever the interface is a port of. */
static bool find_master(int directory, char *ret, size_t size) {
    return file_link_name_at(directory, "master", ret, size) == 0;
}

void in_use_check_interface(struct in_use *in_use, int directory, const char *name) {
    char master[IFNAMSIZ];

    if (has_default_route(name))
        in_use_note(in_use, IN_USE_KNOWN,
                    "the host's default route leads through its network "
                    "interface %s",
                    name);
    if (find_master(directory, master, sizeof master))
        in_use_note(in_use, IN_USE_KNOWN, "its network interface %s is a port of %s", name, master);
    check_addresses(in_use, name);
}
