/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-tasks                       lists the machine's tasks: TID COMM AFFINITY POLICY PRIORITY NICE
 *                                 CGROUP, with tabs between
 * sim-tasks run COMM CGROUP       is such a task, until it is killed
 * sim-tasks COMMAND...            tells the machine, see tests/sim/README.md
 */
#include "tasks-client.h"

#include <string.h>

static int ask(const char *commands) {
    _cleanup_free_ char *answer = tasks_ask(commands);

    if (!answer)
        die(EXIT_FAILURE, "nobody listens at %s", TASKS_SOCKET);
    if (strncmp(answer, TASKS_ERROR, strlen(TASKS_ERROR)) == 0)
        die(EXIT_FAILURE, "%.*s", (int)strcspn(answer, "\n"), answer);
    fputs(answer, stdout);
    return EXIT_SUCCESS;
}

static void __attribute__((noreturn)) run(const char *comm, const char *cgroup) {
    _cleanup_free_ char *command = new_format("register %d %s\n", getpid(), cgroup);

    tasks_set_comm(comm);
    ask(command);
    for (;;)
        pause();
}

int main(int argc, char *argv[]) {
    struct text commands = {0};

    if (argc == 1)
        return ask("list\n");
    if (argc == 4 && strcmp(argv[1], "run") == 0)
        run(argv[2], argv[3]);
    for (int i = 1; i < argc; i++)
        text_add(&commands, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
    return ask(commands.data);
}
