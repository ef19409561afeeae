/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /lib/modules for a machine that is not there. The files are just enough of an ELF object for
 * depmod to find names, aliases and dependencies in them; no kernel ever sees one.
 */
#include "world.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

enum section {
    SECTION_NULL,
    SECTION_MODINFO,
    SECTION_EXPORTS,
    SECTION_SYMBOLS,
    SECTION_STRINGS,
    SECTION_NAMES,
    SECTION_COUNT,
};

static const char *const section_names[SECTION_COUNT] = {"",        ".modinfo", "__ksymtab_strings",
                                                         ".symtab", ".strtab",  ".shstrtab"};

static void add_string(struct text *text, const char *format, ...) _printf_(2, 3);
static void add_string(struct text *text, const char *format, ...) {
    _cleanup_free_ char *string = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&string, format, arguments) < 0)
        die(EXIT_WORLD, "out of memory");
    va_end(arguments);
    text_add_bytes(text, string, strlen(string) + 1);
}

static void add_modinfo(struct text *text, const struct machine_module *module) {
    add_string(text, "name=%s", module->id);
    add_string(text, "license=GPL");
    for (size_t i = 0; i < module->n_aliases; i++)
        add_string(text, "alias=%s", module->aliases[i]);
}

/* A module exports one symbol, and uses the one of each module that it depends on. */
static void add_symbols(struct text *symbols, struct text *strings,
                        const struct machine_module *module) {
    ElfW(Sym) symbol = {0};

    text_add_bytes(symbols, &symbol, sizeof symbol);
    add_string(strings, "%s", "");
    for (size_t i = 0; i < module->n_depends; i++) {
        symbol.st_name = (ElfW(Word))strings->length;
        symbol.st_info = (STB_GLOBAL << 4) | STT_NOTYPE;
        add_string(strings, "sim_%s", module->depends[i]);
        text_add_bytes(symbols, &symbol, sizeof symbol);
    }
}

static void add_section_names(struct text *text, ElfW(Shdr) headers[SECTION_COUNT]) {
    for (int i = 0; i < SECTION_COUNT; i++) {
        headers[i].sh_name = (ElfW(Word))text->length;
        add_string(text, "%s", section_names[i]);
    }
}

static ElfW(Ehdr) file_header(void) {
    ElfW(Ehdr) header = {
        .e_type = ET_REL,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof header,
        .e_ehsize = sizeof header,
        .e_shentsize = sizeof(ElfW(Shdr)),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_NAMES,
    };

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    return header;
}

static void build_object(struct text *object, const struct machine_module *module) {
    ElfW(Ehdr) header = file_header();
    ElfW(Shdr) headers[SECTION_COUNT] = {0};
    struct text sections[SECTION_COUNT] = {0};
    size_t offset = sizeof header + sizeof headers;

    add_modinfo(&sections[SECTION_MODINFO], module);
    add_string(&sections[SECTION_EXPORTS], "sim_%s", module->id);
    add_symbols(&sections[SECTION_SYMBOLS], &sections[SECTION_STRINGS], module);
    add_section_names(&sections[SECTION_NAMES], headers);
    for (int i = SECTION_MODINFO; i < SECTION_COUNT; i++) {
        headers[i].sh_type = i == SECTION_SYMBOLS                         ? SHT_SYMTAB
                             : i == SECTION_STRINGS || i == SECTION_NAMES ? SHT_STRTAB
                                                                          : SHT_PROGBITS;
        headers[i].sh_offset = offset;
        headers[i].sh_size = sections[i].length;
        offset += sections[i].length;
    }
    headers[SECTION_SYMBOLS].sh_link = SECTION_STRINGS;
    headers[SECTION_SYMBOLS].sh_entsize = sizeof(ElfW(Sym));
    text_add_bytes(object, &header, sizeof header);
    text_add_bytes(object, headers, sizeof headers);
    for (int i = SECTION_MODINFO; i < SECTION_COUNT; i++) {
        text_add_bytes(object, sections[i].data, sections[i].length);
        text_free(&sections[i]);
    }
}

static void write_object(const char *directory, const struct machine_module *module) {
    _cleanup_free_ char *path = new_format("%s/kernel/sim/%s.ko", directory, module->name);
    struct text object = {0};

    build_object(&object, module);
    write_file(path, object.data, object.length, 0644);
    text_free(&object);
}

static void write_text(const char *directory, const char *name, struct text *text) {
    _cleanup_free_ char *path = new_format("%s/%s", directory, name);

    write_file(path, text->data ? text->data : "", text->length, 0644);
    text_free(text);
}

static void write_builtin(const char *directory, const struct machine *machine) {
    struct text list = {0}, modinfo = {0}, order = {0};

    for (size_t i = 0; i < machine->n_modules; i++) {
        const struct machine_module *module = &machine->modules[i];

        if (module->start != MODULE_BUILTIN)
            continue;
        text_add(&list, "kernel/sim/%s.ko\n", module->name);
        for (size_t j = 0; j < module->n_aliases; j++)
            add_string(&modinfo, "%s.alias=%s", module->id, module->aliases[j]);
    }
    write_text(directory, "modules.builtin", &list);
    write_text(directory, "modules.builtin.modinfo", &modinfo);
    write_text(directory, "modules.order", &order);
}

static void run_depmod(const char *release) {
    pid_t child = fork();
    int status;

    if (child == 0) {
        execl("/usr/sbin/depmod", "depmod", "-a", release, NULL);
        execl("/sbin/depmod", "depmod", "-a", release, NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        die(EXIT_WORLD, "cannot run depmod: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        die(EXIT_SKIPPED, "depmod is not installed");
    if (status != 0)
        die(EXIT_WORLD, "depmod failed");
}

void modules_write(const struct machine *machine) {
    _cleanup_free_ char *directory = NULL, *below = NULL;
    struct utsname name;

    uname(&name);
    directory = new_format("/usr/lib/modules/%s", name.release);
    below = new_format("%s/kernel/sim", directory);
    make_directories(below);
    for (size_t i = 0; i < machine->n_modules; i++)
        if (machine->modules[i].start != MODULE_BUILTIN)
            write_object(directory, &machine->modules[i]);
    write_builtin(directory, machine);
    run_depmod(name.release);
}
