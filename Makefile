# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl: build, install, test. `make help` lists the targets.

PREFIX ?= /usr
# Not /usr/local: Debian's AppArmor profile of libvirtd runs what is in /usr/sbin unconfined, and
# would let a hook elsewhere do hardly anything.
SYSCONFDIR ?= /etc
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec
# udev looks for programs nowhere else than in its own directory.
UDEVDIR = $(PREFIX)/lib/udev
DESTDIR ?=
# For whoever makes a package. no: the link to the hook is left to the package's own scripts, which know
# what is in its place on each host, and get what makes it.
HOOK_LINK ?= yes
# Whose files to install; a distribution has one or two of them.
INITRAMFS ?= initramfs-tools dracut mkinitcpio
MANDIR ?= $(PREFIX)/share/man
# Where each shell looks for what it completes; Debian's zsh has a directory of its own for packages.
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS ?= $(PREFIX)/share/fish/vendor_completions.d
# Empty: the package's tools strip, and keep what debuggers need.
STRIP_FLAG ?= -s
BUILD ?= build

PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wvla \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wpointer-arith
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIE -D_FORTIFY_SOURCE=2
LINK_HARDENING := -pie -Wl,-z,relro,-z,now,-z,noexecstack
# In CI every warning is an error.
ifdef CI
WARNINGS += -Werror
endif
ifdef SANITIZE
HARDENING := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
LINK_HARDENING := -fsanitize=address,undefined -pie
endif

# Linked at start-up; libkmod, libudev and libsystemd are loaded when they are needed, so only
# their headers are needed here.
LINKED := libxml-2.0 inih json-c
HEADERS := libkmod libudev libsystemd
# The hook never calls libvirt, which waits for it; the admin's tool does.
ADMIN_LINKED := libvirt
PACKAGE_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(LINKED) $(HEADERS) $(ADMIN_LINKED) 2>/dev/null))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(LINKED) 2>/dev/null)
ADMIN_LIBS := $(shell $(PKG_CONFIG) --libs $(ADMIN_LINKED) 2>/dev/null)
libraries = $(if $(and $(PACKAGE_LIBS),$(ADMIN_LIBS)),,$(error Libraries are missing; `make build-deps` installs them))

# V=1 shows the commands.
say = $(if $(V),,@echo "  $(1)	$@" && )
# Each verb of the tool, or a few that share much, has a directory below admin/.
INCLUDES := -Isrc -Iudev -Iadmin $(patsubst %/,-I%,$(wildcard admin/*/))
COMPILE = $(libraries)$(call say,CC)$(CC) -std=gnu17 -D_GNU_SOURCE $(DEFINES) $(INCLUDES) $(PACKAGE_CFLAGS) \
	$(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
LINK = $(call say,LINK)$(CC) $(CFLAGS) $(LINK_HARDENING) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)

SOURCES := $(wildcard src/*.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
EARLY_SOURCES := $(filter-out udev/hostdevctl-early.c,$(wildcard udev/*.c))
EARLY_OBJECTS := $(EARLY_SOURCES:%.c=$(BUILD)/%.o)
ADMIN_SOURCES := $(wildcard admin/*.c admin/*/*.c)
ADMIN_OBJECTS := $(ADMIN_SOURCES:%.c=$(BUILD)/%.o)

MANUALS := hostdevctl.8 hostdevctl-hook.8 hostdevctl.conf.5 hostdevctl-early.d.5
MANUAL_FILES := $(MANUALS:%=$(BUILD)/man/%)

.PHONY: all
all: $(BUILD)/hostdevctl-hook $(BUILD)/hostdevctl-early $(BUILD)/hostdevctl $(MANUAL_FILES)

$(BUILD)/hostdevctl-hook: $(BUILD)/hooks/qemu.o $(BUILD)/libhostdevctl.a
	$(LINK)
$(BUILD)/hostdevctl-hook: LIBS = $(PACKAGE_LIBS)

# It goes into the initramfs, where each library would have to go along: the one that reads INI files
# is linked into it where the distribution has it for that.
INIH_ARCHIVE := $(filter /%,$(shell $(CC) -print-file-name=libinih.a))

$(BUILD)/hostdevctl-early: $(BUILD)/udev/hostdevctl-early.o $(BUILD)/libearly.a $(BUILD)/libhostdevctl.a
	$(LINK)
$(BUILD)/hostdevctl-early: LIBS = $(or $(INIH_ARCHIVE),$(shell $(PKG_CONFIG) --libs inih))

$(BUILD)/hostdevctl: $(ADMIN_OBJECTS) $(BUILD)/libearly.a $(BUILD)/libhostdevctl.a
	$(LINK)
$(BUILD)/hostdevctl: LIBS = $(PACKAGE_LIBS) $(ADMIN_LIBS)

$(BUILD)/libearly.a: $(EARLY_OBJECTS)
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/libhostdevctl.a: $(OBJECTS)
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE)

# Those that know where the configuration is; compiled again when that changes.
CONFIGURED := $(BUILD)/src/policy.o $(BUILD)/udev/hostdevctl-early.o $(EARLY_OBJECTS) \
	$(ADMIN_OBJECTS)
$(CONFIGURED): DEFINES = -DSYSCONFDIR='"$(SYSCONFDIR)"'
$(CONFIGURED): $(BUILD)/sysconfdir
$(BUILD)/sysconfdir: FORCE
	@mkdir -p $(@D)
	@echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' >$@
.PHONY: FORCE

# What the manual says of verbs comes from the tables that --help shows; the preprocessor knows them
# whatever machine is compiled for.
VERB_TABLES = $(shell grep -l 'struct verbs verbs' $(ADMIN_SOURCES))
$(BUILD)/man/verbs: $(VERB_TABLES) udev/early-conf.h man/verbs.awk $(BUILD)/sysconfdir Makefile
	@mkdir -p $(@D)
	$(call say,MAN)for table in $(VERB_TABLES); do $(CC) -E -P -std=gnu17 -D_GNU_SOURCE -DSYSCONFDIR='"$(SYSCONFDIR)"' \
		$(INCLUDES) $(PACKAGE_CFLAGS) $(CPPFLAGS) $$table || exit 1; done >$@.c
	@awk -f man/verbs.awk $@.c >$@.new && mv $@.new $@
$(BUILD)/man/%: man/% $(BUILD)/man/verbs
	$(call say,MAN)sed -e '/^\.\\" VERBS$$/r $(BUILD)/man/verbs' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' $< >$@

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

include tests/tests.mk

# ---- install --------------------------------------------------------------------------------

.PHONY: install uninstall
install: all
	install -D -m 755 $(BUILD)/hostdevctl-hook $(DESTDIR)$(SBINDIR)/hostdevctl-hook
	install -D -m 755 $(BUILD)/hostdevctl $(DESTDIR)$(SBINDIR)/hostdevctl
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/hostdevctl/domains
	test -e $(DESTDIR)$(SYSCONFDIR)/hostdevctl/hostdevctl.conf || \
		install -m 644 etc/hostdevctl/hostdevctl.conf $(DESTDIR)$(SYSCONFDIR)/hostdevctl/
ifeq ($(HOOK_LINK),yes)
	hooks/install.sh add "$(DESTDIR)$(SYSCONFDIR)/libvirt/hooks" $(SBINDIR)/hostdevctl-hook
	@echo "A running libvirtd notices it after: systemctl reload libvirtd (or virtqemud)"
else
	install -D -m 755 hooks/install.sh $(DESTDIR)$(LIBEXECDIR)/hostdevctl/hook-link
endif
	install -D $(STRIP_FLAG) -m 755 $(BUILD)/hostdevctl-early $(DESTDIR)$(UDEVDIR)/hostdevctl-early
	install -D -m 644 etc/hostdevctl/early.d/README $(DESTDIR)$(SYSCONFDIR)/hostdevctl/early.d/README
	for page in $(MANUALS); do install -D -m 644 $(BUILD)/man/$$page \
		$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit 1; done
	install -D -m 644 completions/bash/hostdevctl $(DESTDIR)$(BASH_COMPLETIONS)/hostdevctl
	install -D -m 644 completions/zsh/_hostdevctl $(DESTDIR)$(ZSH_COMPLETIONS)/_hostdevctl
	install -D -m 644 completions/fish/hostdevctl.fish $(DESTDIR)$(FISH_COMPLETIONS)/hostdevctl.fish
	DESTDIR="$(DESTDIR)" INITRAMFS="$(INITRAMFS)" initramfs/install.sh add $(PREFIX) $(SYSCONFDIR)

# What an admin wrote into /etc/hostdevctl stays.
uninstall:
	@test -n "$(DESTDIR)" || test -z "$$(ls -A /run/hostdevctl 2>/dev/null)" || \
		echo "Warning: VMs hold devices (see /run/hostdevctl); without the hook these do not come back."
	hooks/install.sh remove "$(DESTDIR)$(SYSCONFDIR)/libvirt/hooks" $(SBINDIR)/hostdevctl-hook
	rm -f $(DESTDIR)$(SBINDIR)/hostdevctl-hook $(DESTDIR)$(UDEVDIR)/hostdevctl-early \
		$(DESTDIR)$(SBINDIR)/hostdevctl $(DESTDIR)$(SYSCONFDIR)/hostdevctl/early.d/README
	for page in $(MANUALS); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done
	rm -f $(DESTDIR)$(BASH_COMPLETIONS)/hostdevctl $(DESTDIR)$(ZSH_COMPLETIONS)/_hostdevctl \
		$(DESTDIR)$(FISH_COMPLETIONS)/hostdevctl.fish
	DESTDIR="$(DESTDIR)" initramfs/install.sh remove $(PREFIX) $(SYSCONFDIR)
	cmp -s etc/hostdevctl/hostdevctl.conf $(DESTDIR)$(SYSCONFDIR)/hostdevctl/hostdevctl.conf && \
		rm -f $(DESTDIR)$(SYSCONFDIR)/hostdevctl/hostdevctl.conf || true
	@rmdir $(DESTDIR)$(SYSCONFDIR)/hostdevctl/domains $(DESTDIR)$(SYSCONFDIR)/hostdevctl/early.d \
		$(DESTDIR)$(SYSCONFDIR)/hostdevctl 2>/dev/null || true

# ---- the rest -------------------------------------------------------------------------------

.PHONY: deps build-deps format lint clean help
deps:
	@tests/deps.sh
build-deps:
	@tests/deps.sh build

# cppcheck does not know the cleanup attribute, and takes every owner for a leak; those are looked
# for by the sanitizers and valgrind.
NO_CLEANUP := --suppress=memleak --suppress=resourceLeak

# Kernel modules of the tests follow the kernel's own style.
C_FILES = $(shell find hooks src udev admin tests -name '*.[ch]' -not -path 'tests/host/modules/*')
SHELL_FILES = $(shell find hooks etc tests .ci -name '*.sh') .ci/run $(shell find initramfs -type f) \
	$(wildcard debian/*.postinst debian/*.prerm debian/*.postrm) debian/tests/smoke \
	packaging/arch/hostdevctl.install

format:
	clang-format -i $(C_FILES)

lint: deps
	@$(MAKE) --no-print-directory run-lint

.PHONY: run-lint
run-lint:
	@echo "  clang-format, shellcheck, cppcheck, clang-tidy"
	@mkdir -p $(BUILD)
	@clang-format --dry-run --Werror $(C_FILES)
	@shellcheck -x $(SHELL_FILES)
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem $(NO_CLEANUP) -D_GNU_SOURCE \
		-DSYSCONFDIR='"/etc"' $(INCLUDES) -j2 $(filter %.c,$(C_FILES))
	@printf '%s\n' $(filter %.c,$(C_FILES)) | xargs -P2 -n6 sh -c \
		'clang-tidy --quiet "$$@" -- -std=gnu17 -D_GNU_SOURCE -DSYSCONFDIR=\"/etc\" $(INCLUDES) \
		-Itests/sim $(PACKAGE_CFLAGS) $(TEST_CFLAGS) 2>$(BUILD)/clang-tidy.log.$$$$ || \
		{ cat $(BUILD)/clang-tidy.log.$$$$; exit 1; }; rm $(BUILD)/clang-tidy.log.$$$$' sh

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                build the hook'
	@echo 'sudo make install   install it (DESTDIR, PREFIX, SYSCONFDIR); uninstall takes it away'
	@echo 'make demo           see it work with real VMs on an emulated host'
	@echo 'make check          all tests; check-unit, check-sim, check-host run one ring'
	@echo 'make bench          how fast it is, compared with other ways'
	@echo 'make asan           unit and simulated-host tests under ASan and UBSan, and valgrind'
	@echo 'make fuzz           fuzz the parsers, each FUZZ_SECONDS (60); check-fuzz-corpus replays their inputs'
	@echo 'make lint, format   clang-format, clang-tidy, cppcheck, shellcheck'
	@echo 'make build-deps     install what building needs (apt, dnf, pacman)'
	@echo 'make deps           what testing needs, too'
