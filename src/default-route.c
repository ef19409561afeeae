/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "default-route.h"

#include <net/if.h>
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

static bool is_in(const char *path, bool (*is_default)(const char *line, char *interface),
                  const char *interface) {
    _cleanup_fclose_ FILE *routes = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    while (routes && getline(&line, &room, routes) >= 0) {
        char name[IFNAMSIZ];

        if (is_default(line, name) && strcmp(name, interface) == 0)
            return true;
    }
    return false;
}

bool default_route_is_through(const char *interface) {
    return is_in("/proc/net/route", is_default_4, interface) ||
           is_in("/proc/net/ipv6_route", is_default_6, interface);
}
