/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libvirt-domains.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "deadline.h"
#include "text.h"
#include "work.h"

#define SYSTEM_URI "qemu:///system"

/* A daemon that systemd starts only now takes a moment to look at its VMs. */
#define ANSWER_USEC (20 * USEC_PER_SEC)

struct libvirt {
    unsigned version;
};

/* A question and its answer, in memory that is shared with the worker who asks it: libvirt has no
 * deadline, and keeps none of its connections across a fork. */
struct exchange {
    int (*ask)(virConnectPtr connection, struct exchange *exchange, struct error *error);
    const char *domain;
    bool live;

    unsigned version;
    size_t length; /* of the text */
    char text[DOMAIN_XML_MAX];
};

/* ---- in the worker --------------------------------------------------------------------------- */

static void say_nothing(_unused_ void *data, _unused_ virErrorPtr what) {
}

/* libvirt's own words may fill lines. */
static int explain(struct error *error, int code, const char *what) {
    _cleanup_free_ char *why = text_format("%s", virGetLastErrorMessage());

    for (char *c = why; c && *c; c++)
        if (*c == '\n')
            *c = ' ';
    return error_set(error, code, "%s: %s", what, why ? why : "out of memory");
}

static int put(struct exchange *exchange, const char *text, struct error *error) {
    size_t size = strlen(text) + 1;

    if (size > sizeof exchange->text - exchange->length)
        return error_set(error, EFBIG, "libvirt's answer is too long");
    memcpy(exchange->text + exchange->length, text, size);
    exchange->length += size;
    return 0;
}

static int ask_version(virConnectPtr connection, struct exchange *exchange, struct error *error) {
    unsigned long version;

    if (virConnectGetLibVersion(connection, &version) < 0)
        return explain(error, ENOTCONN, "libvirt does not tell its version");
    exchange->version = (unsigned)(version / 1000);
    return 0;
}

static virDomainPtr find(virConnectPtr connection, const char *domain) {
    virDomainPtr found = virDomainLookupByName(connection, domain);
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (found || strlen(domain) >= sizeof uuid)
        return found;
    return virDomainLookupByUUIDString(connection, domain);
}

/* Why it is not found, if it may be there all the same. */
static int explain_lookup(const char *domain, struct error *error) {
    int code = virGetLastErrorCode();
    _cleanup_free_ char *name = text_printable(domain);

    if (code != VIR_ERR_NO_DOMAIN && code != VIR_ERR_INVALID_ARG)
        return explain(error, ENOTCONN, "libvirt cannot look for the VM");
    return error_set(error, ENOENT,
                     "libvirt knows no VM '%s': virsh -c " SYSTEM_URI
                     " list --all lists those there are",
                     name ? name : "?");
}

static int ask_xml(virConnectPtr connection, struct exchange *exchange, struct error *error) {
    virDomainPtr domain = find(connection, exchange->domain);
    _cleanup_free_ char *xml = NULL;

    if (!domain)
        return explain_lookup(exchange->domain, error);
    xml = virDomainGetXMLDesc(domain, exchange->live ? 0 : VIR_DOMAIN_XML_INACTIVE);
    virDomainFree(domain);
    if (!xml)
        return explain(error, ENOTCONN, "libvirt does not give the VM's XML");
    return put(exchange, xml, error);
}

/* UUID, whether it runs, and name. */
static int put_domain(struct exchange *exchange, virDomainPtr domain, struct error *error) {
    bool running = virDomainGetID(domain) != (unsigned)-1;
    char uuid[VIR_UUID_STRING_BUFLEN];
    int r;

    if (virDomainGetUUIDString(domain, uuid) < 0)
        return explain(error, ENOTCONN, "libvirt does not tell the UUID of a VM");
    r = put(exchange, uuid, error);
    if (r == 0)
        r = put(exchange, running ? "running" : "", error);
    return r == 0 ? put(exchange, virDomainGetName(domain), error) : r;
}

static int ask_domains(virConnectPtr connection, struct exchange *exchange, struct error *error) {
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(connection, &domains, 0), r = 0;

    if (count < 0)
        return explain(error, ENOTCONN, "libvirt does not list its VMs");
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = put_domain(exchange, domains[i], error);
        virDomainFree(domains[i]);
    }
    free(domains);
    return r;
}

static int run(void *data, _unused_ uint64_t deadline, struct error *error) {
    struct exchange *exchange = data;
    virConnectPtr connection;
    int r;

    signal(SIGPIPE, SIG_IGN);
    virSetErrorFunc(NULL, say_nothing);
    connection = virConnectOpenReadOnly(SYSTEM_URI);
    if (!connection)
        return explain(error, ENOTCONN, "libvirt cannot be asked");
    r = exchange->ask(connection, exchange, error);
    virConnectClose(connection);
    return r;
}

/* ---- around it ------------------------------------------------------------------------------- */

static int ask(struct exchange *exchange, struct error *error) {
    struct work work = {.run = run, .data = exchange};

    work_run(&work, 1, now_usec() + ANSWER_USEC);
    if (work.result == 0)
        return 0;
    if (!work.error.code)
        return error_set(error, ENOTCONN,
                         "libvirt's daemon does not answer: systemctl status libvirtd virtqemud "
                         "tells how it is");
    error_move(error, &work.error);
    return work.result;
}

/* NULL for lack of memory. What is not written takes none. */
static struct exchange *new_exchange(void) {
    struct exchange *exchange = mmap(NULL, sizeof *exchange, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return exchange == MAP_FAILED ? NULL : exchange;
}

static void exchange_freep(struct exchange **exchange) {
    if (*exchange)
        munmap(*exchange, sizeof **exchange);
}

int libvirt_open(struct libvirt **ret, struct error *error) {
    _cleanup_(exchange_freep) struct exchange *exchange = new_exchange();
    int r;

    if (!exchange)
        return error_oom(error);
    exchange->ask = ask_version;
    r = ask(exchange, error);
    if (r < 0)
        return r;
    *ret = calloc(1, sizeof **ret);
    if (!*ret)
        return error_oom(error);
    (*ret)->version = exchange->version;
    return 0;
}

unsigned libvirt_version(const struct libvirt *libvirt) {
    return libvirt->version;
}

int libvirt_domain_xml(_unused_ struct libvirt *libvirt, const char *name_or_uuid, bool live,
                       char **ret, struct error *error) {
    _cleanup_(exchange_freep) struct exchange *exchange = new_exchange();
    int r;

    if (!exchange)
        return error_oom(error);
    exchange->ask = ask_xml;
    exchange->domain = name_or_uuid;
    exchange->live = live;
    r = ask(exchange, error);
    if (r < 0)
        return r;
    *ret = strdup(exchange->text);
    return *ret ? 0 : error_oom(error);
}

static const char *next_text(const char **text) {
    const char *found = *text;

    *text += strlen(found) + 1;
    return found;
}

static int take_domain(struct libvirt_domains *domains, const char **text) {
    struct libvirt_domain *larger =
        reallocarray(domains->items, domains->count + 1, sizeof *larger);
    struct libvirt_domain domain = {0};

    if (!larger)
        return -ENOMEM;
    domains->items = larger;
    snprintf(domain.uuid, sizeof domain.uuid, "%s", next_text(text));
    domain.running = *next_text(text) != '\0';
    domain.name = strdup(next_text(text));
    if (!domain.name)
        return -ENOMEM;
    larger[domains->count++] = domain;
    return 0;
}

static int compare(const void *a, const void *b) {
    const struct libvirt_domain *left = a, *right = b;

    return strcmp(left->name, right->name);
}

int libvirt_domains(_unused_ struct libvirt *libvirt, struct libvirt_domains *ret,
                    struct error *error) {
    _cleanup_(exchange_freep) struct exchange *exchange = new_exchange();
    const char *text;
    int r;

    if (!exchange)
        return error_oom(error);
    exchange->ask = ask_domains;
    r = ask(exchange, error);
    if (r < 0)
        return r;
    text = exchange->text;
    while (text < exchange->text + exchange->length)
        if (take_domain(ret, &text) < 0)
            return error_oom(error);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    return 0;
}

void libvirt_domains_done(struct libvirt_domains *domains) {
    for (size_t i = 0; i < domains->count; i++)
        free(domains->items[i].name);
    free(domains->items);
    *domains = (struct libvirt_domains){0};
}

void libvirt_close(struct libvirt *libvirt) {
    free(libvirt);
}
