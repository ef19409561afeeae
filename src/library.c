/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "library.h"

#include <dlfcn.h>
#include <string.h>

void *library_load(const char *soname, const struct library_function *functions, size_t count,
                   const char **ret_why) {
    void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

    if (!library) {
        *ret_why = dlerror();
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(library, functions[i].name);

        if (!function) {
            /* The library stays: closing it would take the words along. */
            *ret_why = dlerror();
            return NULL;
        }
        /* ISO C knows no cast from an object pointer to a function pointer. */
        memcpy(functions[i].place, &function, sizeof function);
    }
    return library;
}
