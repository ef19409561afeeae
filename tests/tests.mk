# SPDX-License-Identifier: LGPL-2.1-or-later
# The three rings of tests, the demo, and the benchmarks.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test-*.c))
SIM_PROGRAMS := $(addprefix $(BUILD)/tests/,sim-sysfs sim-world sim-libvirtd sim-systemd sim-tasks sim-qemu sim-domains sim-histories sim-faults)
SIM_SCENARIOS := $(sort $(wildcard tests/sim/scenarios/*.sh))
HOST_RELEASES ?= bookworm trixie

# Warnings are about this project's code, not about the headers of others.
FUSE_CFLAGS = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags fuse3))
FUSE_LIBS = $(shell $(PKG_CONFIG) --libs fuse3)
SYSTEMD_LIBS = $(shell $(PKG_CONFIG) --libs libsystemd)
SECCOMP_LIBS = $(shell $(PKG_CONFIG) --libs libseccomp)
TEST_CFLAGS = $(FUSE_CFLAGS)

# ---- ring 1: structs in, structs out --------------------------------------------------------

$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libearly.a $(BUILD)/libhostdevctl.a
	$(LINK)
# The library once more: objects of the tool, which need it, come behind it.
$(UNIT_TESTS): LIBS = $(BUILD)/libhostdevctl.a $(PACKAGE_LIBS) -lcmocka

# What is tested of the admin's tool.
OPTION_ROM := $(BUILD)/admin/rom/option-rom.o $(BUILD)/admin/rom/rom-verdict.o
$(BUILD)/tests/unit/test-option-rom $(BUILD)/tests/fuzz/fuzz-option-rom $(BUILD)/tests/fuzz/replay-option-rom: $(OPTION_ROM)
$(BUILD)/tests/unit/test-list-filter: $(BUILD)/admin/list/list-filter.o $(BUILD)/admin/inventory/host-devices.o
$(BUILD)/tests/unit/test-list-text: $(BUILD)/admin/list/list-text.o
$(BUILD)/tests/unit/test-svg-text: $(BUILD)/admin/list/svg-text.o $(BUILD)/admin/xml-text.o
$(BUILD)/tests/unit/test-xml-text: $(BUILD)/admin/xml-text.o
$(BUILD)/tests/unit/test-recover-off: $(BUILD)/admin/recover/recover-off.o
CHECK_ADVICE := $(patsubst %,$(BUILD)/admin/check/%.o,check-advice-cpus check-advice-gpu check-advice-places \
	check-advice-rest check-report check-vm)
$(BUILD)/tests/unit/test-check-advice: $(CHECK_ADVICE)
$(BUILD)/tests/unit/test-check-iommu-words: $(BUILD)/admin/check/check-iommu-words.o
$(BUILD)/tests/unit/test-check-uefi: $(BUILD)/admin/check/check-uefi.o
$(BUILD)/tests/unit/test-shell-quote: $(BUILD)/admin/shell-quote.o

UNIT_COMMANDS = $(foreach test,$(UNIT_TESTS),"env CMOCKA_MESSAGE_OUTPUT=TAP $(test)") \
	"env BUILD=$(BUILD)/install bash tests/install/install.sh" "bash tests/install/mkinitcpio.sh" \
	$(REPLAY_COMMANDS)

# ---- fuzzing ----------------------------------------------------------------------------------

FUZZ_TARGETS := domain conf early journal state cpulist pci kernel-line option-rom
FUZZ_SECONDS ?= 60
FUZZ_SHARED := $(patsubst %,$(BUILD)/tests/fuzz/%.o,fuzz any-plan sections)
FUZZERS := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/fuzz-%)
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/replay-%)

$(FUZZERS): $(BUILD)/tests/fuzz/fuzz-%: $(BUILD)/tests/fuzz/%.o $(FUZZ_SHARED) \
		$(BUILD)/libearly.a $(BUILD)/libhostdevctl.a
	$(LINK)
$(FUZZ_REPLAYS): $(BUILD)/tests/fuzz/replay-%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o \
		$(FUZZ_SHARED) $(BUILD)/libearly.a $(BUILD)/libhostdevctl.a
	$(LINK)
$(FUZZERS) $(FUZZ_REPLAYS): LIBS = $(PACKAGE_LIBS)

# The inputs that are in the tree, digested without libFuzzer by any compiler's programs.
replay_commands = $(foreach target,$(FUZZ_TARGETS),"$(1)/tests/fuzz/replay-$(target) tests/fuzz/corpus/$(target)")
REPLAY_COMMANDS = $(call replay_commands,$(BUILD))

.PHONY: run-fuzz fuzz-programs run-check-fuzz-corpus
fuzz-programs: $(FUZZERS)
run-fuzz:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang CFLAGS="-O1 -g" \
		HARDENING="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE" \
		LINK_HARDENING="-fsanitize=fuzzer,address,undefined -pie" fuzz-programs
	@BUILD=$(BUILD)/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(FUZZ_TARGETS)
run-check-fuzz-corpus: $(FUZZ_REPLAYS)
	@tests/run.sh $(REPLAY_COMMANDS)

# ---- ring 2: the simulated host -------------------------------------------------------------

# Its programs are plain: they serve the sanitized hook too, and the memory checker.
SIM_COMPILE = $(call say,CC)$(CC) -std=gnu17 -D_GNU_SOURCE $(TEST_CFLAGS) $(WARNINGS) -O2 -g -MMD -MP -c -o $@ $<
SIM_LINK = $(call say,LINK)$(CC) -o $@ $^ $(LIBS) -pthread

$(BUILD)/tests/sim/%.o: tests/sim/%.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(SIM_COMPILE)

sim_objects = $(patsubst %,$(BUILD)/tests/sim/%.o,$(1))

sim_sources := $(patsubst tests/sim/%.c,%,$(wildcard tests/sim/*.c))
# A machine's description, which both of the programs that make up its world read.
machine_sources := $(filter machine machine-%,$(sim_sources)) cpumask common
world_sources := sim-world $(filter world-%,$(sim_sources)) cpumask-file $(machine_sources)
libvirtd_sources := sim-libvirtd libvirtd-call common
systemd_sources := sim-systemd $(filter systemd-%,$(sim_sources)) tasks-client cpumask-file cpumask common
tasks_sources := sim-tasks tasks-client common
qemu_sources := sim-qemu tasks-client common
domains_sources := sim-domains common
histories_sources := sim-histories $(filter history-%,$(sim_sources)) cpumask-file cpumask common
faults_sources := sim-faults $(filter sweep-%,$(sim_sources)) common

# All but what is for the others alone.
$(BUILD)/tests/sim-sysfs: $(call sim_objects,sim-sysfs $(machine_sources) \
		$(filter-out sim-% $(world_sources) $(libvirtd_sources) $(systemd_sources) \
			$(histories_sources) $(faults_sources) tasks-client,$(sim_sources)))
	$(SIM_LINK)
$(BUILD)/tests/sim-sysfs: LIBS = $(FUSE_LIBS)

$(BUILD)/tests/sim-world: $(call sim_objects,$(world_sources))
	$(SIM_LINK)
$(BUILD)/tests/sim-world: LIBS = $(SECCOMP_LIBS)

$(BUILD)/tests/sim-libvirtd: $(call sim_objects,$(libvirtd_sources))
	$(SIM_LINK)

$(BUILD)/tests/sim-systemd: $(call sim_objects,$(systemd_sources))
	$(SIM_LINK)
$(BUILD)/tests/sim-systemd: LIBS = $(SYSTEMD_LIBS)

$(BUILD)/tests/sim-tasks: $(call sim_objects,$(tasks_sources))
	$(SIM_LINK)

$(BUILD)/tests/sim-qemu: $(call sim_objects,$(qemu_sources))
	$(SIM_LINK)

$(BUILD)/tests/sim-domains: $(call sim_objects,$(domains_sources))
	$(SIM_LINK)

$(BUILD)/tests/sim-histories: $(call sim_objects,$(histories_sources))
	$(SIM_LINK)

$(BUILD)/tests/sim-faults: $(call sim_objects,$(faults_sources))
	$(SIM_LINK)

# What is installed in the simulated host: exactly what `make install` installs.
.PHONY: stage
stage: all
	@rm -rf $(BUILD)/stage
	@$(MAKE) --no-print-directory -s install DESTDIR=$(BUILD)/stage PREFIX=/usr SYSCONFDIR=/etc >/dev/null

SIM_COMMANDS = $(foreach scenario,$(SIM_SCENARIOS),"env BUILD=$(BUILD) bash $(scenario)")

# ---- ring 3: the emulated host --------------------------------------------------------------

# First what libvirt does on a running host, then what happens before there is one.
HOST_COMMANDS = "tests/host/all.sh run.sh $(HOST_RELEASES)" "tests/host/all.sh boots.sh $(HOST_RELEASES)" \
	"bash tests/package/package.sh"

# ---- what people call -----------------------------------------------------------------------

# What is missing is installed first, and only then does a new make look at it.
.PHONY: check check-unit check-sim check-host check-fuzz-corpus demo bench asan fuzz
check check-unit check-sim check-host check-fuzz-corpus bench asan fuzz: deps
	@$(MAKE) --no-print-directory run-$@
demo: deps
	@tests/host/demo.sh

.PHONY: run-check run-check-unit run-check-sim run-check-host run-bench run-asan
run-check: $(UNIT_TESTS) $(FUZZ_REPLAYS) $(SIM_PROGRAMS) stage
	@tests/run.sh $(UNIT_COMMANDS) $(SIM_COMMANDS) $(HOST_COMMANDS)
run-check-unit: $(UNIT_TESTS) $(FUZZ_REPLAYS)
	@tests/run.sh $(UNIT_COMMANDS)
run-check-sim: $(SIM_PROGRAMS) stage
	@tests/run.sh $(SIM_COMMANDS)
run-check-host:
	@tests/run.sh $(HOST_COMMANDS)

# ---- memory: sanitizers and valgrind ---------------------------------------------------------

SANITIZED := $(BUILD)/sanitized
# The first two stop the hook with ptrace, which the leak checker needs for itself; the last runs other
# scenarios once more, and takes minutes.
SANITIZED_SCENARIOS := $(filter-out %/histories.sh %/faults.sh %/tool-plan-all.sh,$(SIM_SCENARIOS))

run-asan: $(SIM_PROGRAMS) $(UNIT_TESTS) stage
	@$(MAKE) --no-print-directory SANITIZE=yes BUILD=$(SANITIZED) sanitized-programs
	@tests/run.sh \
		$(foreach test,$(UNIT_TESTS:$(BUILD)/%=$(SANITIZED)/%),"env CMOCKA_MESSAGE_OUTPUT=TAP $(test)") \
		$(call replay_commands,$(SANITIZED)) \
		$(foreach scenario,$(SANITIZED_SCENARIOS),"env BUILD=$(BUILD) STAGE=$(SANITIZED)/stage bash $(scenario)") \
		$(foreach test,$(filter-out %/test-work,$(UNIT_TESTS)),"env CMOCKA_MESSAGE_OUTPUT=TAP valgrind -q --error-exitcode=99 --leak-check=full $(test)") \
		"env BUILD=$(BUILD) bash tests/sim/memory/memcheck.sh"

.PHONY: sanitized-programs
sanitized-programs: $(UNIT_TESTS) $(FUZZ_REPLAYS) stage

# ---- benchmarks ------------------------------------------------------------------------------

# What is measured is what is installed; `empty` is what a program with its libraries costs at least.
BENCH_PROGRAMS := $(BUILD)/tests/bench/cost $(BUILD)/tests/bench/empty

$(BENCH_PROGRAMS): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(LINK)
$(BUILD)/tests/bench/empty: LIBS = -Wl,--no-as-needed $(PACKAGE_LIBS)

run-bench: $(BENCH_PROGRAMS) $(SIM_PROGRAMS) stage
	@BUILD=$(BUILD) tests/bench/run.sh
