/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-needs-network.h"

#include <dirent.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

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

/* Whether a line of /proc/net/route or ipv6_route is a default route, and through which interface.
 */
static bool is_default_4(const char *line, char *interface) {
    unsigned long destination;

    return sscanf(line, "%15s %lx", interface, &destination) == 2 && destination == 0;
}

static bool is_default_6(const char *line, char *interface) {
    char destination[33];
    unsigned length;

    return sscanf(line, "%32s %x %*s %*s %*s %*s %*s %*s %*s %15s", destination, &length,
                  interface) == 3 &&
           length == 0 && strcmp(interface, "lo") != 0;
}

static int note_routes(struct asking *asking, const char *path,
                       bool (*is_default)(const char *line, char *interface)) {
    _cleanup_fclose_ FILE *routes = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    int r = 0;

    while (routes && r == 0 && getline(&line, &room, routes) >= 0) {
        char interface[IFNAMSIZ];

        if (is_default(line, interface))
            r = note_interface(asking, interface, 0);
    }
    return r;
}

int host_needs_note_network(struct asking *asking) {
    int r = note_routes(asking, "/proc/net/route", is_default_4);

    return r < 0 ? r : note_routes(asking, "/proc/net/ipv6_route", is_default_6);
}
