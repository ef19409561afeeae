/*
 * cost ROUNDS < TABLE
 *
 * Runs commands in turn and tells what each costs. A line of the table is one step of one way to do
 * something; the steps of a way follow one another:
 *
 *     WAY STEP INPUT COMMAND [ARGUMENT...]
 *
 * INPUT is the file for the command's standard input; words are separated by blanks. A round runs
 * the whole table once, so that whatever else the machine does meets all ways alike; the round
 * before the first is not counted. For each step, and for each way as a whole (step "all"), a line
 * goes to stdout:
 *
 *     WAY STEP CPU WALL SPREAD
 *
 * CPU is the user and system time, in microseconds, of the command and of all its descendants that
 * were waited for; WALL the time from its start to its end; both are medians over the rounds.
 * SPREAD is the distance between the quartiles of CPU, in percent of CPU. A command that fails
 * ends it all: what failed was not measured.
 */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "deadline.h"

#define WORDS_MAX 32
#define STEPS_MAX 64

extern char **environ;

struct sample {
    uint64_t cpu, wall; /* microseconds */
};

struct step {
    char *words[WORDS_MAX + 1]; /* WAY STEP INPUT COMMAND..., NULL */
    struct sample *samples;     /* one for each round */
};

#define WAY(step) ((step)->words[0])
#define NAME(step) ((step)->words[1])
#define INPUT(step) ((step)->words[2])
#define COMMAND(step) (&(step)->words[3])

_printf_(1, 2) __attribute__((noreturn)) static void die(const char *format, ...) {
    va_list arguments;

    fprintf(stderr, "cost: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    exit(EXIT_FAILURE);
}

static void *new_array(size_t count, size_t size) {
    void *array = calloc(count, size);

    if (!array)
        die("out of memory");
    return array;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The words point into the line. */
static void split(char *line, struct step *step) {
    size_t n = 0;

    for (char *rest = NULL, *word = strtok_r(line, " \t\n", &rest); word;
         word = strtok_r(NULL, " \t\n", &rest)) {
        if (n == WORDS_MAX)
            die("a line has more than %d words", WORDS_MAX);
        step->words[n++] = word;
    }
    if (n > 0 && n < 4)
        die("%s: expected WAY STEP INPUT COMMAND", step->words[0]);
}

static size_t read_table(struct step *steps, size_t rounds) {
    char *line = NULL;
    size_t count = 0, room = 0;

    while (getline(&line, &room, stdin) >= 0) {
        if (count == STEPS_MAX)
            die("the table has more than %d lines", STEPS_MAX);
        split(line, &steps[count]);
        if (!WAY(&steps[count]))
            continue;
        steps[count++].samples = new_array(rounds, sizeof(struct sample));
        line = NULL; /* the step has it */
        room = 0;
    }
    free(line);
    if (count == 0)
        die("the table is empty");
    return count;
}

/* ---- running --------------------------------------------------------------------------------- */

static pid_t start(const struct step *step) {
    posix_spawn_file_actions_t files;
    pid_t child;
    int r;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, INPUT(step), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    r = posix_spawnp(&child, *COMMAND(step), &files, NULL, COMMAND(step), environ);
    posix_spawn_file_actions_destroy(&files);
    if (r != 0)
        die("%s < %s: %s", *COMMAND(step), INPUT(step), strerror(r));
    return child;
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_usec;
}

static struct sample run(const struct step *step) {
    uint64_t begun = now_usec();
    pid_t child = start(step);
    struct rusage usage;
    int status;

    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR)
            die("wait4: %s", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s %s: %s ended with status %d", WAY(step), NAME(step), *COMMAND(step),
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return (struct sample){
        .cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        .wall = now_usec() - begun,
    };
}

static void run_all(struct step *steps, size_t count, size_t rounds) {
    for (size_t i = 0; i < count; i++)
        run(&steps[i]);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            steps[i].samples[round] = run(&steps[i]);
}

/* ---- telling --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void print(const char *way, const char *step, const struct sample *samples, size_t rounds) {
    uint64_t *cpu = new_array(rounds, sizeof *cpu), *wall = new_array(rounds, sizeof *wall);
    uint64_t quartiles;

    for (size_t i = 0; i < rounds; i++) {
        cpu[i] = samples[i].cpu;
        wall[i] = samples[i].wall;
    }
    qsort(cpu, rounds, sizeof *cpu, compare);
    qsort(wall, rounds, sizeof *wall, compare);
    quartiles = cpu[rounds * 3 / 4] - cpu[rounds / 4];
    printf("%s %s %llu %llu %llu\n", way, step, (unsigned long long)cpu[rounds / 2],
           (unsigned long long)wall[rounds / 2],
           (unsigned long long)(cpu[rounds / 2] ? 100 * quartiles / cpu[rounds / 2] : 0));
    free(cpu);
    free(wall);
}

/* Prints the steps of the way that begins at `steps`, and returns how many they are. */
static size_t print_way(const struct step *steps, size_t left, size_t rounds) {
    struct sample *whole = new_array(rounds, sizeof *whole);
    size_t count = 0;

    for (; count < left && strcmp(WAY(&steps[count]), WAY(steps)) == 0; count++) {
        print(WAY(steps), NAME(&steps[count]), steps[count].samples, rounds);
        for (size_t i = 0; i < rounds; i++) {
            whole[i].cpu += steps[count].samples[i].cpu;
            whole[i].wall += steps[count].samples[i].wall;
        }
    }
    print(WAY(steps), "all", whole, rounds);
    free(whole);
    return count;
}

int main(int argc, char *argv[]) {
    static struct step steps[STEPS_MAX];
    size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, count;

    if (rounds == 0) {
        fprintf(stderr, "usage: cost ROUNDS < TABLE\n");
        return 2;
    }
    count = read_table(steps, rounds);
    run_all(steps, count, rounds);
    for (size_t i = 0; i < count;)
        i += print_way(&steps[i], count - i, rounds);
    return EXIT_SUCCESS;
}
