/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-cpu.h"

#include <string.h>

#include "util.h"

static bool is_value(const char *line, const char *key) {
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 && strchr("\t :", line[length]);
}

static bool has_flag(const char *flags, const char *flag) {
    for (const char *found = strstr(flags, flag); found; found = strstr(found + 1, flag))
        if (found[-1] == ' ' && strchr(" \n", found[strlen(flag)]))
            return true;
    return false;
}

static enum check_cpu_maker maker_of(const char *line) {
    if (strstr(line, "GenuineIntel"))
        return CHECK_CPU_INTEL;
    return strstr(line, "AuthenticAMD") || strstr(line, "HygonGenuine") ? CHECK_CPU_AMD
                                                                        : CHECK_CPU_OTHER;
}

struct check_cpu check_cpu_read(void) {
    _cleanup_fclose_ FILE *stream = fopen("/proc/cpuinfo", "re");
    _cleanup_free_ char *line = NULL;
    struct check_cpu cpu = {0};
    size_t room = 0;

    /* The first of them speaks for all. */
    while (stream && getline(&line, &room, stream) > 1) {
        if (is_value(line, "vendor_id"))
            cpu.maker = maker_of(line);
        if (is_value(line, "flags"))
            cpu.virtualizes = has_flag(line, "vmx") || has_flag(line, "svm");
    }
    return cpu;
}
