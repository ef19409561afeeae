/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-faults [--seconds N] [--from SEED] [--skip N] [--only PREFIX] [--point NAME]
 *
 * Leads the lives of a VM on the machine of this world in each of which something else goes wrong;
 * see sweep.h. As many as can be led in so many seconds, spread over all points there are, by the
 * seed; all of them when it is 0. --only those whose names begin so. --point leads one, which is
 * that of an earlier failure.
 */
#include "sweep.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* The host could not be brought back: whoever wants to go on needs a new world. */
#define EXIT_BROKEN 3

#define FAILURES_SHOWN 20

struct options {
    unsigned seconds;
    uint64_t from;
    size_t skip;
    const char *point, *only;
    bool list;
};

struct sweep {
    struct points points;
    size_t tried[EVENTS][FAULTS], there[EVENTS][FAULTS], failed[EVENTS][FAULTS], not_reached,
        failures;
    uint64_t slowest;
    char *slowest_name;
};

static void print_commented(const char *text) {
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = text + strcspn(text, "\n");
        printf("#   %.*s\n", (int)(end - text), text);
    }
}

/* ---- points -----------------------------------------------------------------------------------
 */

/* Whether the host is as at the start again, after a life or two. */
static bool heal(void) {
    const struct point nothing = {.event = RELEASE};
    struct outcome outcome;

    daemon_kill();
    daemon_start();
    for (int i = 0; i < 2; i++) {
        _cleanup_free_ char *wrong = life_lead(&nothing, &outcome);

        if (!wrong)
            return true;
    }
    return false;
}

static bool try(struct sweep *sweep, const struct point *point, bool verbose) {
    struct outcome outcome = {0};
    _cleanup_free_ char *name = point_name(point), *wrong = life_lead(point, &outcome);

    sweep->tried[point->event][point->trap.fault]++;
    sweep->not_reached += !outcome.reached;
    if (outcome.usec > sweep->slowest) {
        sweep->slowest = outcome.usec;
        free(sweep->slowest_name);
        sweep->slowest_name = new_string(name);
    }
    if (!wrong && !verbose)
        return true;
    printf("# %s%s, %s%s, %llu ms %s\n", wrong ? "FAULTS=" : "", name, outcome.what,
           outcome.reached ? "" : " (not reached)",
           (unsigned long long)outcome.usec / USEC_PER_MSEC, outcome.message);
    fflush(stdout);
    if (!wrong)
        return true;
    sweep->failed[point->event][point->trap.fault]++;
    sweep->failures++;
    print_commented(wrong);
    fflush(stdout);
    return heal();
}

static size_t greatest_common_divisor(size_t a, size_t b) {
    return b == 0 ? a : greatest_common_divisor(b, a % b);
}

static bool is_wanted(const struct point *point, const char *only) {
    _cleanup_free_ char *name = only ? point_name(point) : NULL;

    return !only || strncmp(name, only, strlen(only)) == 0;
}

/* A walk over all points whose every beginning is spread evenly. 0, or EXIT_BROKEN. */
static int walk(struct sweep *sweep, const struct options *options) {
    size_t count = sweep->points.count, step = (size_t)((double)count * 0.6180339887);
    time_t end = time(NULL) + options->seconds;

    while (greatest_common_divisor(step, count) != 1)
        step++;
    for (size_t i = options->skip; i < count; i++) {
        size_t place = (options->from + i * step) % count;

        if (options->seconds > 0 && time(NULL) >= end)
            break;
        if (!is_wanted(&sweep->points.items[place], options->only))
            continue;
        if (!try(sweep, &sweep->points.items[place], false)) {
            printf("# the host is broken; --skip %zu goes on\n", i + 1);
            return EXIT_BROKEN;
        }
    }
    return 0;
}

/* ---- results ----------------------------------------------------------------------------------
 */

static const char *const promises[] = {
    [KILL_ONE] = "nothing is lost when one process is killed before a system call of",
    [KILL_ALL] = "nothing is lost when all processes are killed before a system call of",
    [FAIL_ONCE] = "success, or a sentence, and nothing is lost when a system call fails in",
    [FAIL_SINCE] = "success, or a sentence, and nothing is lost when all calls of a kind fail in",
    [LIMITED] = "success, or a sentence, and nothing is lost for want of memory or descriptors in",
};

static void report(const struct sweep *sweep, uint64_t seed) {
    size_t tests = 0, tried = 0;

    for (int event = 0; event < EVENTS; event++)
        for (int fault = KILL_ONE; fault < FAULTS; fault++) {
            if (!sweep->there[event][fault])
                continue;
            printf("%s %zu - %s %s: %zu of %zu points\n",
                   sweep->failed[event][fault] ? "not ok" : "ok", ++tests, promises[fault],
                   event_names[event], sweep->tried[event][fault], sweep->there[event][fault]);
            tried += sweep->tried[event][fault];
        }
    printf(
        "# %zu points tried of %zu, from seed %llu; %zu of them were not reached; the slowest call "
        "took %llu ms (%s)\n",
        tried, sweep->points.count, (unsigned long long)seed, sweep->not_reached,
        (unsigned long long)sweep->slowest / USEC_PER_MSEC,
        sweep->slowest_name ? sweep->slowest_name : "none");
    printf("1..%zu\n", tests);
}

/* ---- the program ------------------------------------------------------------------------------
 */

static struct options read_options(int argc, char *argv[]) {
    static const struct option known[] = {{"seconds", required_argument, NULL, 'n'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"skip", required_argument, NULL, 's'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"point", required_argument, NULL, 'p'},
                                          {"list", no_argument, NULL, 'l'},
                                          {0}};
    struct options options = {0};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
        if (option == 'n')
            options.seconds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'f')
            options.from = strtoull(optarg, NULL, 10);
        else if (option == 's')
            options.skip = strtoull(optarg, NULL, 10);
        else if (option == 'o')
            options.only = optarg;
        else if (option == 'p')
            options.point = optarg;
        else if (option == 'l')
            options.list = true;
        else
            die(2, "usage: sim-faults [--seconds N] [--from SEED] [--skip N] "
                   "[--only PREFIX] [--point NAME]");
    return options;
}

static void list_points(struct sweep *sweep) {
    points_list(&sweep->points);
    for (size_t i = 0; i < sweep->points.count; i++) {
        const struct point *point = &sweep->points.items[i];

        sweep->there[point->event][point->trap.fault]++;
    }
}

int main(int argc, char *argv[]) {
    struct options options = read_options(argc, argv);
    struct sweep sweep = {0};
    struct point one;
    int status;

    if (!trace_can_replace)
        die(EXIT_SKIPPED, "how a system call is made to fail is not known on this architecture");
    signal(SIGPIPE, SIG_IGN);
    daemon_start();
    life_begin();
    if (options.point) {
        if (!point_parse(options.point, &one))
            die(2, "%s: no point", options.point);
        try(&sweep, &one, true);
        return sweep.failures > 0;
    }
    list_points(&sweep);
    if (options.list) {
        for (size_t i = 0; i < sweep.points.count; i++) {
            _cleanup_free_ char *name = point_name(&sweep.points.items[i]);

            printf("%s\n", name);
        }
        return EXIT_SUCCESS;
    }
    status = walk(&sweep, &options);
    report(&sweep, options.from);
    return status ? status : sweep.failures > 0;
}
