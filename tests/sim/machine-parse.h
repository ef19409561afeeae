/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the readers of the lines of a description share. A description is read line by line, a line
 * word by word. The first word says what the line describes, the next ones are positional, the rest
 * are key=value in any order. Blanks within quotes are part of a word; a backslash takes the next
 * character as it is, but \n is a newline.
 */

#include "machine.h"

struct reader {
    struct machine *machine;
    const char *path;
    unsigned line;
    char *rest; /* of the current line */
};

/* Prints a sentence that gives file and line. Always false. */
bool complain(const struct reader *reader, const char *format, ...) _printf_(2, 3);

/* The next word of the line, which lives as long as the line; NULL at its end. */
char *next_word(struct reader *reader);

/* Splits "key=value" in place. The value is "" when there is no '='. */
char *split(char *word);

/* What is not of the wanted form is complained about: these return false then. */
bool parse_number(const struct reader *reader, const char *key, const char *text, int base,
                  unsigned long max, unsigned long *ret);
bool parse_pair(const struct reader *reader, const char *text, uint16_t *ret_first,
                uint16_t *ret_second);
bool parse_address(const struct reader *reader, const char *text, char ret[ADDRESS_MAX]);
bool parse_list(const struct reader *reader, const char *key, const char *text,
                struct cpumask *ret);

/* A word of a line whose words need no code of their own: what it is, and where in the object it is
 * put. */
struct option {
    const char *key;
    enum {
        OPTION_FLAG,   /* bool */
        OPTION_TEXT,   /* char *, freed by option_free() */
        OPTION_NUMBER, /* unsigned */
        OPTION_LIST,   /* struct cpumask */
    } type;
    size_t offset;
    unsigned max; /* of a number */
};

/* Reads the words up to the end of the line. `other`, when it is not NULL, gets those that are not
 * in the table, and complains by itself. */
bool parse_options(struct reader *reader, const struct option *options, size_t count, void *object,
                   bool (*other)(const struct reader *reader, void *object, char *word));

/* Frees the texts. */
void options_free(const struct option *options, size_t count, void *object);

char **append(char **list, size_t *count, char *text);
void free_list(char **list, size_t count);
void add_attribute(struct machine_attribute **list, size_t *count, const char *name,
                   const char *value);
void free_attributes(struct machine_attribute *attributes, size_t count);

#define FREE_ALL(list, count, free_one)                                                            \
    do {                                                                                           \
        for (size_t i = 0; i < (count); i++)                                                       \
            free_one(&(list)[i]);                                                                  \
        free(list);                                                                                \
    } while (0)

/* ---- the kinds of lines: each reads what follows its first word; false after a complaint -------
 */

bool module_line(struct reader *reader);
bool device_line(struct reader *reader);
bool child_line(struct reader *reader);
bool mdev_parent_line(struct reader *reader);
bool mdev_type_line(struct reader *reader);
bool mdev_line(struct reader *reader);
bool vgpu_line(struct reader *reader);
bool cpus_line(struct reader *reader);
bool node_line(struct reader *reader);
bool irq_line(struct reader *reader);
bool kernel_line(struct reader *reader);
bool cgroups_line(struct reader *reader);

/* A word of a device's line that is about its virtual functions; complains about any other. */
bool vf_option(const struct reader *reader, struct machine_device *device, const char *key,
               const char *value);

/* The bytes of an option ROM, and further ones. */
bool parse_rom(const struct reader *reader, char *value, struct machine_rom *rom);

/* Once all is read: adds the virtual functions that there can be. */
void vfs_describe(struct machine *machine);

/* Adds a device, which is copied, and owned by the machine; returns where it is until the next. */
struct machine_device *append_device(struct machine *machine, const struct machine_device *device);

void modules_free(struct machine *machine);
void devices_free(struct machine *machine);
void mdevs_free(struct machine *machine);
void vgpus_free(struct machine *machine);
void cpus_free(struct machine *machine);
void nodes_free(struct machine *machine);
void irqs_free(struct machine *machine);
void kernel_free(struct machine *machine);
