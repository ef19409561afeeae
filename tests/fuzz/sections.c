/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sections.h"

#include <string.h>

#include "fuzz.h"

/* inih keeps this much of a section's name; what is longer, no section of this program has but
 * [path ...], whose settings go to the last one that began. */
#define SECTION_KEPT 49

#define PATH "fuzz.conf"

struct reading {
    char *section; /* the last one that began; NULL: none yet */
    conf_setting setting;
    void *data;
};

static int take(void *data, const char *section, const char *name, const char *value,
                struct error *error) {
    struct reading *reading = data;

    REQUIRE(section && (name == NULL) == (value == NULL));
    if (!name) {
        free(reading->section);
        reading->section = strdup(section);
    } else {
        REQUIRE(strncmp(section, reading->section ? reading->section : "", SECTION_KEPT) == 0);
        REQUIRE(!strchr(value, '\n'));
    }
    return reading->setting(reading->data, section, name, value, error);
}

int sections_read(const uint8_t *data, size_t size, conf_setting setting, void *data_of_setting,
                  struct error *error) {
    struct reading reading = {.setting = setting, .data = data_of_setting};
    int fd = fuzz_file(data, size), next = fuzz_next_descriptor();
    int r = conf_file_read(fd, PATH, take, &reading, error);

    free(reading.section);
    REQUIRE(fuzz_next_descriptor() == next);
    fuzz_require_told(r, error);
    if (r < 0) {
        const char *line = error->text + strlen(PATH ":");

        REQUIRE(strncmp(error->text, PATH ":", strlen(PATH ":")) == 0);
        REQUIRE(*line >= '1' && *line <= '9');
    }
    return r;
}
