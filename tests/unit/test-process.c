/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process.h"

static void knows_itself(_unused_ void **state) {
    struct process self;

    assert_int_equal(process_identify(getpid(), &self), 0);
    assert_true(process_lives(self));
    self.start++;
    assert_false(process_lives(self));
}

static void odd_names_do_not_confuse(_unused_ void **state) {
    struct process before, after;

    assert_int_equal(process_identify(getpid(), &before), 0);
    assert_int_equal(prctl(PR_SET_NAME, ") Z 1 (2"), 0);
    assert_int_equal(process_identify(getpid(), &after), 0);
    assert_int_equal(before.start, after.start);
}

static void knows_the_dead(_unused_ void **state) {
    struct process child;
    siginfo_t dead;
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(process_identify(pid, &child), 0);
    assert_true(process_lives(child));
    assert_int_equal(kill(pid, SIGKILL), 0);
    /* Dead but not waited for: a zombie does not live. */
    assert_int_equal(waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT), 0);
    assert_false(process_lives(child));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(process_lives(child));
    assert_int_equal(process_identify(pid, &child), -ESRCH);
}

static void no_qemu_for_odd_names(_unused_ void **state) {
    assert_false(process_qemu_lives("no such domain"));
    assert_false(process_qemu_lives("../../../proc/1/x"));
    assert_int_equal(process_libvirt_version(getpid()), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a process is known by number and start time", knows_itself),
        PROVES("the name of a process cannot confuse that", odd_names_do_not_confuse),
        PROVES("a dead process, even a zombie, does not live", knows_the_dead),
        PROVES("odd names of VMs have no QEMU", no_qemu_for_odd_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
