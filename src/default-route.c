/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "default-route.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "util.h"

/* A line of /proc/net/route: interface, destination in hexadecimal, and more. */
static bool is_default_4(const char *line, char *interface) {
    unsigned long destination;

    return sscanf(line, "%15s %lx", interface, &destination) == 2 && destination == 0;
}

/* A line of /proc/net/ipv6_route: destination, its length, and at the end the interface. The
 * loopback has routes for what is to be rejected. */
static bool is_default_6(const char *line, char *interface) {
    char destination[33];
    unsigned length;

    return sscanf(line, "%32s %x %*s %*s %*s %*s %*s %*s %*s %15s", destination, &length,
                  interface) == 3 &&
           length == 0;
}

/* A kernel without IPv6 has no such file. */
static int is_in(const char *path, bool (*is_default)(const char *line, char *interface),
                 const char *interface) {
    _cleanup_fclose_ FILE *routes = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    if (!routes)
        return errno == ENOENT ? 0 : -errno;
    while (getline(&line, &room, routes) >= 0) {
        char name[IFNAMSIZ];

        if (is_default(line, name) && strcmp(name, interface) == 0)
            return 1;
    }
    return feof(routes) ? 0 : -errno;
}

int default_route_is_through(const char *interface) {
    int r4 = is_in("/proc/net/route", is_default_4, interface);
    int r6 = is_in("/proc/net/ipv6_route", is_default_6, interface);

    return r4 > 0 || r6 > 0 ? 1 : r4 < 0 ? r4 : r6;
}
