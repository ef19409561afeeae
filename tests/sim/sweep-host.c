/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host of a sweep: what can be seen of it, and the QEMU that runs on it. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- looking ----------------------------------------------------------------------------------
 */

static void add_file(struct text *text, const char *path, size_t from) {
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    char buffer[65536];
    size_t n;

    if (file && from > 0 && fseek(file, (long)from, SEEK_SET) < 0)
        return;
    while (file && (n = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_add_bytes(text, buffer, n);
}

static struct text listing;

static int add_path(const char *path, _unused_ const struct stat *st, int kind,
                    _unused_ struct FTW *place) {
    if (kind == FTW_F)
        text_add(&listing, "left %s\n", path);
    return 0;
}

/* Which groups have the cpuset controller, and that some name all CPUs that named none, neither
 * systemd nor the kernel takes back. */
static bool is_for_good(const char *line) {
    return strncmp(line, "cgroup / ", 9) == 0;
}

static void add_line(struct text *look, const char *line, const char *all_cpus) {
    const char *cpus = strncmp(line, "cgroup ", 7) == 0 ? strstr(line, all_cpus) : NULL;

    if (!*line || is_for_good(line))
        return;
    if (cpus)
        text_add(look, "%.*s cpus= %s\n", (int)(cpus - line), line, cpus + strlen(all_cpus));
    else
        text_add(look, "%s\n", line);
}

char *host_look(void) {
    static char all_cpus[64];
    struct text state = {0}, look = {0};

    if (!*all_cpus) {
        struct text online = {0};

        add_file(&online, "/sys/devices/system/cpu/online", 0);
        snprintf(all_cpus, sizeof all_cpus, " cpus=%.*s ", (int)strcspn(online.data, "\n"),
                 online.data);
        text_free(&online);
    }
    add_file(&state, "/sys/.sim/state", 0);
    for (char *rest = state.data, *line; (line = strsep(&rest, "\n"));)
        add_line(&look, line, all_cpus);
    text_free(&state);
    text_clear(&listing);
    nftw(JOURNALS, add_path, 8, FTW_PHYS);
    nftw("/run/systemd/system.control", add_path, 8, FTW_PHYS);
    if (listing.length > 0)
        text_add_bytes(&look, listing.data, listing.length);
    return look.data;
}

static bool has_line(const char *text, const char *line, size_t length) {
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = text + strcspn(text, "\n");
        if ((size_t)(end - text) == length && strncmp(text, line, length) == 0)
            return true;
    }
    return false;
}

static void add_missing(struct text *text, const char *sign, const char *from, const char *in) {
    for (const char *end; *from; from = end + (*end == '\n')) {
        end = from + strcspn(from, "\n");
        if (!has_line(in, from, (size_t)(end - from)))
            text_add(text, "%s %.*s\n", sign, (int)(end - from), from);
    }
}

char *host_difference(const char *before, const char *now) {
    struct text text = {0};

    text_add_bytes(&text, "", 0);
    add_missing(&text, "-", before, now);
    add_missing(&text, "+", now, before);
    return text.data;
}

/* Lines of devices and of mediated devices begin with an address or a UUID. */
static bool is_device(const char *line) {
    size_t digits = strspn(line, "0123456789abcdef");

    return digits >= 4 && (line[digits] == ':' || line[digits] == '-');
}

/* Whether any line of a difference is such a one, without its sign. */
static bool has_any(const char *difference, bool (*is)(const char *line)) {
    for (const char *line = difference; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line && is(line + 2))
            return true;
    }
    return false;
}

static bool is_file(const char *line) {
    return strncmp(line, "left ", 5) == 0;
}

static bool is_no_file(const char *line) {
    return !is_file(line);
}

static bool is_device_or_memory(const char *line) {
    return is_device(line) || strncmp(line, "hugepages ", 10) == 0;
}

bool host_lacks_device(const char *difference) {
    return has_any(difference, is_device_or_memory);
}

static bool is_no_group(const char *line) {
    return strncmp(line, "cgroup ", 7) != 0;
}

bool host_lacks_more_than_groups(const char *difference) {
    return has_any(difference, is_no_group);
}

bool host_lacks_file_only(const char *difference) {
    return !has_any(difference, is_no_file);
}

char *host_without_files(const char *look) {
    struct text text = {0};

    text_add_bytes(&text, "", 0);
    for (const char *end; *look; look = end + (*end == '\n')) {
        end = look + strcspn(look, "\n");
        if (!is_file(look))
            text_add(&text, "%.*s\n", (int)(end - look), look);
    }
    return text.data;
}

/* ---- the log ----------------------------------------------------------------------------------
 */

static size_t log_seen;

char *host_log(void) {
    static unsigned marks;
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    _cleanup_free_ char *mark = new_format("mark %u", ++marks);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct text text = {0};

    if (fd < 0 ||
        sendto(fd, mark, strlen(mark), 0, (const struct sockaddr *)&address, sizeof address) < 0)
        die(EXIT_FAILURE, "/dev/log: %s", strerror(errno));
    do {
        usleep(200);
        text_clear(&text);
        add_file(&text, "/sim/syslog", log_seen);
    } while (!text.data || !strstr(text.data, mark));
    log_seen += text.length;
    *strstr(text.data, mark) = '\0';
    return text.data;
}

/* ---- acting -----------------------------------------------------------------------------------
 */

void host_unload_modules(void) {
    static const char *const commands[] = {"unload kvmgt\n", "unload vfio-pci\n", "unload mdev\n"};

    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        _cleanup_close_ int fd = open("/sys/.sim/control", O_WRONLY | O_CLOEXEC);

        /* Some life may have ended before it was loaded. */
        if (fd < 0 || (write(fd, commands[i], strlen(commands[i])) < 0 && errno != ENOENT))
            die(EXIT_FAILURE, "%.*s: %s", (int)strlen(commands[i]) - 1, commands[i],
                strerror(errno));
    }
}

/* ---- QEMU -------------------------------------------------------------------------------------
 */

static pid_t qemu;

void qemu_start(const char *vm) {
    _cleanup_free_ char *pid_file = new_format("/run/libvirt/qemu/%s.pid", vm), *path = NULL;
    char self[4096] = "";

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die(EXIT_FAILURE, "readlink: %s", strerror(errno));
    path = new_format("%s/sim-qemu", dirname(self));
    fflush(NULL);
    qemu = fork();
    if (qemu == 0) {
        execl(path, path, vm, "1", "1", NULL);
        _exit(127);
    }
    while (access(pid_file, F_OK) < 0) {
        if (waitpid(qemu, NULL, WNOHANG) == qemu)
            die(EXIT_FAILURE, "%s did not start", path);
        usleep(500);
    }
}

void qemu_kill(const char *vm) {
    _cleanup_free_ char *pid_file = new_format("/run/libvirt/qemu/%s.pid", vm);

    if (!qemu)
        return;
    kill(qemu, SIGKILL);
    waitpid(qemu, NULL, 0);
    unlink(pid_file);
    qemu = 0;
}
