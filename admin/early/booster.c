/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "booster.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "conf-write.h"
#include "device-text.h"
#include "legacy.h"
#include "pci-functions.h"
#include "text.h"

#define CONFIGURATION "/etc/booster.yaml"
#define MODPROBE_DIRECTORY "/etc/modprobe.d"
#define MODPROBE_FILE "hostdevctl.conf"
#define MODULE "vfio_pci"

static bool reserves_any(const struct early_state *state) {
    for (size_t i = 0; i < state->plan.count; i++)
        if (state->plan.verdicts[i].outcome == EARLY_RESERVE)
            return true;
    return false;
}

/* ---- whether ids say it ---------------------------------------------------------------------- */

static int refuse_vfs(const struct early_rule *rule, struct error *error) {
    _cleanup_free_ char *text = early_state_rule_text(rule);

    return text ? error_set(error, EPERM,
                            "%s is about virtual functions, which booster cannot make: another "
                            "initramfs tool can (mkinitcpio, dracut)",
                            text)
                : error_oom(error);
}

static int check_rules(const struct early_state *state, struct error *error) {
    for (size_t i = 0; i < state->rules.count; i++)
        if (early_rule_is_about_vfs(&state->rules.items[i]))
            return refuse_vfs(&state->rules.items[i], error);
    return 0;
}

static int refuse_twin(const struct early_device *device, const struct pci_function *twin,
                       struct error *error) {
    _cleanup_free_ char *text = device_text(device->address);

    return text ? error_set(error, EPERM,
                            "%s cannot be told from its twin %s by booster, which knows ids only "
                            "(both are %04x:%04x): reserve the twin too, or use another initramfs "
                            "tool (mkinitcpio, dracut)",
                            text, PCI_ADDRESS_FORMAT(twin->address), twin->id.vendor,
                            twin->id.device)
                : error_oom(error);
}

/* What is not reserved must not have an id that is. */
static int check_twins(const struct early_state *state, struct error *error) {
    _cleanup_pci_functions_ struct pci_functions functions = {0};
    int r = pci_functions_read(&functions, error);

    for (size_t i = 0; i < state->plan.count && r >= 0; i++) {
        const struct early_verdict *verdict = &state->plan.verdicts[i];
        const struct early_device *device = early_host_device(&state->host, verdict->address);

        if (verdict->outcome != EARLY_RESERVE || !device)
            continue;
        for (size_t j = 0; j < functions.count && r >= 0; j++)
            if (pci_id_equal(functions.items[j].id, device->id) &&
                !early_state_reserved(state, functions.items[j].address))
                r = refuse_twin(device, &functions.items[j], error);
    }
    return r;
}

/* ---- whether booster loads vfio-pci ---------------------------------------------------------- */

static bool has_word(const char *list, const char *word) {
    static const char separators[] = " \t\n,'\"[]";
    size_t length = strlen(word);

    for (list += strspn(list, separators); *list && *list != '#';
         list += strspn(list, separators)) {
        size_t n = strcspn(list, separators);

        if (n == length && strncmp(list, word, n) == 0)
            return true;
        list += n;
    }
    return false;
}

/* What booster's own key says; the file is YAML, the key stands at the left margin. */
static bool is_force_loaded(void) {
    static const char key[] = "modules_force_load:";
    _cleanup_fclose_ FILE *stream = fopen(CONFIGURATION, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (stream && !found && getline(&line, &room, stream) >= 0)
        found = strncmp(line, key, strlen(key)) == 0 && has_word(line + strlen(key), MODULE);
    return found;
}

/* A driver that is part of the kernel has no module options but those on the kernel line. */
static bool is_builtin(void) {
    _cleanup_fclose_ FILE *stream = NULL;
    _cleanup_free_ char *path = NULL, *line = NULL;
    struct utsname name;
    size_t room = 0;
    bool found = false;

    if (uname(&name) < 0)
        return false;
    path = text_format("/lib/modules/%s/modules.builtin", name.release);
    stream = path ? fopen(path, "re") : NULL;
    while (stream && !found && getline(&line, &room, stream) >= 0)
        found = strstr(line, "/vfio-pci.ko");
    return found;
}

/* Whether the kernel line, with which the host was booted, gives all of the ids to vfio-pci. */
static int check_kernel_line(const char *ids, bool *ret, struct error *error) {
    _cleanup_legacy_ struct legacy given = {0}, wanted = {0};

    if (legacy_read_kernel_line(&given) < 0 ||
        legacy_add_source(&wanted, strdup(ids), strdup(ids)) < 0 ||
        legacy_add_ids(&wanted, ids) < 0)
        return error_oom(error);
    *ret = true;
    for (size_t i = 0; i < wanted.claim_count; i++) {
        bool found = false;

        for (size_t j = 0; j < given.claim_count; j++)
            found = found || strcmp(wanted.claims[i].text, given.claims[j].text) == 0;
        *ret = *ret && found;
    }
    return 0;
}

static int check_builtin(const char *ids, struct error *error) {
    bool given = false;
    int r = check_kernel_line(ids, &given, error);

    if (r < 0 || given)
        return r;
    return error_set(error, EPERM,
                     "vfio-pci is part of this kernel, and booster cannot tell it anything: boot "
                     "with vfio-pci.ids=%s on the kernel line first",
                     ids);
}

static int check_loading(const char *ids, struct error *error) {
    if (is_builtin())
        return check_builtin(ids, error);
    return is_force_loaded()
               ? 0
               : error_set(error, EPERM,
                           "booster would not load vfio-pci before other drivers: add this line "
                           "to " CONFIGURATION " (or the module to the line that is there): "
                           "modules_force_load: " MODULE);
}

/* ---- the file -------------------------------------------------------------------------------- */

static int add_id(char **ids, struct pci_id id) {
    char text[16];
    char *longer;

    snprintf(text, sizeof text, "%04x:%04x", id.vendor, id.device);
    if (*ids && strstr(*ids, text))
        return 0;
    longer = text_format("%s%s%s", *ids ? *ids : "", *ids ? "," : "", text);
    free(*ids);
    *ids = longer;
    return longer ? 0 : -ENOMEM;
}

/* "144d:a80a,10de:1e87". Owned by the caller, NULL for lack of memory. */
static char *collect_ids(const struct early_state *state) {
    char *ids = NULL;
    int r = 0;

    for (size_t i = 0; i < state->plan.count && r == 0; i++) {
        const struct early_verdict *verdict = &state->plan.verdicts[i];
        const struct early_device *device = early_host_device(&state->host, verdict->address);

        if (verdict->outcome == EARLY_RESERVE && device)
            r = add_id(&ids, device->id);
    }
    return ids;
}

int booster_forget(struct error *error) {
    static const char path[] = MODPROBE_DIRECTORY "/" MODPROBE_FILE;

    return unlink(path) < 0 && errno != ENOENT
               ? error_set(error, errno, "%s cannot be removed: %s", path, strerror(errno))
               : 0;
}

static int write_file(const char *ids, struct error *error) {
    _cleanup_close_ int directory = conf_write_directory(MODPROBE_DIRECTORY, error);
    _cleanup_free_ char *text =
        text_format("# Written by 'hostdevctl early update' for booster; what is changed here is "
                    "lost.\n"
                    "options vfio-pci ids=%s\n",
                    ids);

    if (directory < 0)
        return directory;
    return text ? conf_write_over(directory, MODPROBE_FILE, MODPROBE_DIRECTORY "/" MODPROBE_FILE,
                                  text, 0644, error)
                : error_oom(error);
}

int booster_prepare(const struct early_state *state, struct error *error) {
    _cleanup_free_ char *ids = NULL;
    int r = check_rules(state, error);

    if (r < 0)
        return r;
    if (!reserves_any(state))
        return booster_forget(error);
    ids = collect_ids(state);
    if (!ids)
        return error_oom(error);
    r = check_twins(state, error);
    if (r >= 0)
        r = check_loading(ids, error);
    return r < 0 ? r : write_file(ids, error);
}
