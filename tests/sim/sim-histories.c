/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-histories [--seed SEED] [--from SEED] [--seconds N] [--verbose] [DEVICE...]
 *
 * Lets VMs live, die and be killed on the machine of this world at random, and compares it after
 * each step with a model. With --seed one history, which is that of an earlier failure; else one
 * after the other for so many seconds, with the seeds from --from on. Prints a TAP line, and of a
 * history that failed all its steps.
 */
#include "history.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define STEPS_MIN 6
#define STEPS_MAX 18

/* ---- chance ---------------------------------------------------------------------------------- */

/* splitmix64 */
unsigned pick(struct history *history, unsigned below) {
    uint64_t z = history->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % below);
}

bool one_in(struct history *history, unsigned times) {
    return pick(history, times) == 0;
}

bool is_habit(struct history *history, enum habit habit) {
    return pick(history, 4) < history->habits[habit];
}

void wrong(struct history *history, const char *format, ...) {
    _cleanup_free_ char *sentence = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    /* One thing that goes wrong shows in many. */
    if (history->failure.length < 1000)
        text_add(&history->failure, "%s\n", sentence);
}

/* ---- a history ------------------------------------------------------------------------------- */

/* What strangers have changed is put back. */
static void forget_strangers(struct history *history) {
    struct host *host = &history->host;

    for (size_t i = 0; i < host->count; i++) {
        struct item *item = &host->items[i];

        if (strcmp(item->now, item->boot) != 0 && history->failure.length == 0 &&
            !host_write(host, item, item->boot))
            wrong(history, "%s cannot be set to '%s' again", item->name, item->boot);
        free(item->baseline);
        item->baseline = new_string(item->boot);
        item->owner = SUMMED;
    }
    if (history->failure.length == 0)
        model_check(history);
}

static unsigned run(struct history *history, uint64_t seed) {
    unsigned steps = 0, most;

    history->random = seed ^ hash_text((uint32_t)seed, history->machine);
    for (size_t i = 0; i < HABITS; i++)
        history->habits[i] = pick(history, 4);
    text_clear(&history->steps);
    most = STEPS_MIN + pick(history, STEPS_MAX - STEPS_MIN);
    while (steps < most && history->failure.length == 0) {
        steps_take_one(history);
        model_check(history);
        steps++;
    }
    text_add(&history->steps, "all stop\n");
    if (history->failure.length == 0)
        steps_stop_all(history);
    forget_strangers(history);
    return steps;
}

/* ---- the program ----------------------------------------------------------------------------- */

struct options {
    uint64_t from;
    unsigned seconds;
    bool once, verbose;
};

static void print_commented(const char *text) {
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = text + strcspn(text, "\n");
        printf("# %.*s\n", (int)(end - text), text);
    }
}

static int run_all(struct history *history, const struct options *options) {
    uint64_t seed = options->from;
    time_t end = time(NULL) + options->seconds;
    unsigned histories = 0, steps = 0;

    do {
        steps += run(history, seed + histories++);
        if (options->verbose)
            print_commented(history->steps.data);
    } while (history->failure.length == 0 && !options->once && time(NULL) < end);
    printf("%s 1 - %s: %u histories, %u steps, from seed %llu on\n",
           history->failure.length ? "not ok" : "ok", history->machine, histories, steps,
           (unsigned long long)seed);
    if (history->failure.length) {
        printf("# HISTORY_SEED=%llu HISTORY_MACHINES=%s is this one:\n",
               (unsigned long long)seed + histories - 1, history->machine);
        print_commented(history->steps.data);
        print_commented(history->failure.data);
    }
    printf("1..1\n");
    return history->failure.length ? EXIT_FAILURE : EXIT_SUCCESS;
}

static struct options read_options(int argc, char *argv[]) {
    static const struct option known[] = {{"seed", required_argument, NULL, 's'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"seconds", required_argument, NULL, 'n'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {0}};
    struct options options = {.seconds = 10};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
        if (option == 's' || option == 'f') {
            options.from = strtoull(optarg, NULL, 10);
            options.once |= option == 's';
        } else if (option == 'n') {
            options.seconds = (unsigned)strtoul(optarg, NULL, 10);
        } else if (option == 'v') {
            options.verbose = true;
        } else {
            die(2, "usage: sim-histories [--seed SEED] [--from SEED] [--seconds N] [--verbose] "
                   "[DEVICE...]");
        }
    return options;
}

int main(int argc, char *argv[]) {
    static const char names[VMS][8] = {"apple", "birch", "cedar", "date", "elder"};
    struct options options = read_options(argc, argv);
    const char *machine = getenv("MACHINE");
    struct history history = {.machine = machine ? machine : "?"};

    for (size_t i = 0; i < VMS; i++)
        memcpy(history.vms[i].name, names[i], sizeof names[i]);
    history.host.devices = (const char **)(uintptr_t)&argv[optind];
    history.host.n_devices = (size_t)(argc - optind);
    signal(SIGPIPE, SIG_IGN);
    host_boot(&history.host);
    daemon_start();
    return run_all(&history, &options);
}
