/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scenarios tell sim-systemd, and what it tells them. */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#define CONTROL STATE_DIRECTORY "/control"
#define LOG STATE_DIRECTORY "/log"

/* ---- faults ---------------------------------------------------------------------------------- */

static void remove_fault(struct fault **place) {
    struct fault *fault = *place;

    *place = fault->next;
    free(fault->call);
    free(fault->error);
    free(fault);
}

static void remove_faults(struct manager *manager, const char *call) {
    for (struct fault **place = &manager->faults; *place;)
        if (!call || strcmp((*place)->call, call) == 0)
            remove_fault(place);
        else
            place = &(*place)->next;
}

static bool is_word(const char *text, const char *word, size_t length) {
    return strncmp(text, word, length) == 0 && (text[length] == ' ' || text[length] == '\0');
}

/* "MEMBER" and "MEMBER:WORD", the word being the call's first argument. */
static bool concerns(const struct fault *fault, const char *description) {
    const char *colon = strchr(fault->call, ':');
    size_t length = colon ? (size_t)(colon - fault->call) : strlen(fault->call);

    if (strcmp(fault->call, "*") == 0)
        return true;
    if (!is_word(description, fault->call, length))
        return false;
    return !colon || (description[length] == ' ' &&
                      is_word(description + length + 1, colon + 1, strlen(colon + 1)));
}

enum fault_kind fault_take(struct manager *manager, const char *description, struct fault *ret) {
    for (struct fault *fault = manager->faults; fault; fault = fault->next) {
        if (fault->kind == FAULT_NONE || !concerns(fault, description))
            continue;
        *ret = *fault;
        /* It is kept, so that its strings are. */
        if (fault->times > 0 && --fault->times == 0)
            fault->kind = FAULT_NONE;
        return ret->kind;
    }
    return FAULT_NONE;
}

static bool add_fault(struct manager *manager, enum fault_kind kind, const char *arguments) {
    struct fault *fault = new_zeroed(1, sizeof *fault);
    char call[256] = "", value[256] = "";
    int n = sscanf(arguments, "%255s %255s %u", call, value, &fault->times);

    remove_faults(manager, call);
    fault->kind = kind;
    fault->call = new_string(call);
    fault->error = new_string(value);
    fault->delay = strtoull(value, NULL, 10) * USEC_PER_MSEC;
    if (kind == FAULT_HANG || kind == FAULT_DROP)
        fault->times = (unsigned)strtoul(value, NULL, 10);
    fault->next = manager->faults;
    manager->faults = fault;
    return n >= (kind == FAULT_FAIL || kind == FAULT_DELAY ? 2 : 1);
}

/* ---- commands -------------------------------------------------------------------------------- */

static bool set_emptying(struct manager *manager, const char *word) {
    static const char *const words[] = {"systemd", "always", "never"};

    for (size_t i = 0; i < ELEMENTS(words); i++)
        if (strcmp(word, words[i]) == 0) {
            manager->emptying = (enum emptying)i;
            return true;
        }
    return false;
}

static void clear_log(void) {
    if (truncate(LOG, 0) != 0 && errno != ENOENT)
        die(EXIT_FAILURE, "%s: %s", LOG, strerror(errno));
}

static void reset(struct manager *manager) {
    remove_faults(manager, NULL);
    manager->lag = 0;
    manager->emptying = EMPTYING_AS_SYSTEMD;
    clear_log();
}

static bool perform(struct manager *manager, const char *line) {
    static const char *const faults[] = {"", "fail", "delay", "hang", "drop"};
    size_t length = strcspn(line, " ");
    const char *arguments = line + length + strspn(line + length, " ");

    for (size_t i = 1; i < ELEMENTS(faults); i++)
        if (is_word(line, faults[i], strlen(faults[i])))
            return add_fault(manager, (enum fault_kind)i, arguments);
    if (is_word(line, "empty", 5))
        return set_emptying(manager, arguments);
    if (is_word(line, "lag", 3))
        manager->lag = strtoull(arguments, NULL, 10) * USEC_PER_MSEC;
    else if (is_word(line, "reset", 5))
        reset(manager);
    else if (is_word(line, "clear-log", 9))
        clear_log();
    else
        return false;
    return true;
}

/* A write of less than a page arrives as a whole. */
static int on_commands(sd_event_source *source, int fd, uint32_t events, void *data) {
    char commands[4097], *rest = commands, *line;
    ssize_t n = read(fd, commands, sizeof commands - 1);

    (void)source, (void)events;
    commands[n > 0 ? n : 0] = '\0';
    while ((line = strsep(&rest, "\n")))
        if (*line && !perform(data, line))
            fprintf(stderr, "sim-systemd: '%s' is no command\n", line);
    return 0;
}

/* What was told before a call was made is known when the call arrives. */
void control_start(struct manager *manager) {
    sd_event_source *source;
    int fd;

    mkdir(STATE_DIRECTORY, 0755);
    unlink(CONTROL);
    if (mkfifo(CONTROL, 0600) != 0)
        die(EXIT_FAILURE, "%s: %s", CONTROL, strerror(errno));
    fd = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || sd_event_add_io(manager->event, &source, fd, EPOLLIN, on_commands, manager) < 0 ||
        sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT) < 0)
        die(EXIT_FAILURE, "cannot listen at %s", CONTROL);
}

void call_log(const char *description, const char *remark) {
    _cleanup_free_ char *line =
        remark ? new_format("%s (%s)\n", description, remark) : new_format("%s\n", description);
    _cleanup_close_ int fd = open(LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        die(EXIT_FAILURE, "%s: %s", LOG, strerror(errno));
}
