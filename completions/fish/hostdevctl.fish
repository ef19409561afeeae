# SPDX-License-Identifier: LGPL-2.1-or-later
# What fish completes for hostdevctl(8). Verbs and options are those that --help tells.

function __hostdevctl_help
    set -lx LC_ALL C
    set -lx PATH $PATH /usr/sbin /sbin
    command hostdevctl $argv --help 2>/dev/null
end

# The verbs that are on the line already.
function __hostdevctl_line
    set -l verbs
    for word in (commandline -opc)[2..-1]
        if __hostdevctl_help $verbs | string match -qr '^  '(string escape --style=regex -- $word)' '
            set -a verbs $word
        end
    end
    string join \n -- $verbs
end

# The names of what is in a directory, which may not be there.
function __hostdevctl_names
    for path in $argv
        string replace -r '.*/' '' -- $path
    end
end

function __hostdevctl_devices
    if command -q lspci
        lspci -D | string replace -r '^(\S+) ' '$1\t'
    else
        set -l paths /sys/bus/pci/devices/*
        __hostdevctl_names $paths
    end
end

function __hostdevctl_domains
    timeout 2 virsh --quiet --readonly --connect qemu:///system list --all --name 2>/dev/null </dev/null |
        string match -v ''
end

function __hostdevctl_values
    switch "$argv[1]"
        case '*DEVICE*'
            __hostdevctl_devices
        case '*DOMAIN*' NAME
            __hostdevctl_domains
        case '*PARENT*'
            set -l paths /sys/class/mdev_bus/*
            __hostdevctl_names $paths
        case FILE
            __fish_complete_path (commandline -ct)
        case N
            set -l paths /sys/kernel/iommu_groups/*
            __hostdevctl_names $paths
        case '*'
            string match -qr '[A-Z]' -- $argv[1]; or string split '|' -- $argv[1]
    end
end

function __hostdevctl_complete
    set -l verbs (__hostdevctl_line)
    set -l help (__hostdevctl_help $verbs)
    set -l previous (commandline -opc)[-1]
    if string match -q -- '--*' $previous
        set -l values (string replace -rf "^  $previous (\S+)  .*" '$1' -- $help)
        if test (count $values) -gt 0
            for value in $values
                __hostdevctl_values $value
            end
            return
        end
    end
    if string match -qr ' VERB \.\.\.$' -- $help[1]
        string replace -rf '^  ([a-z]+) .*?  +(\S.*)' '$1\t$2' -- $help
    else if not string match -q -- '-*' (commandline -ct)
        __hostdevctl_values $help[1]
    end
    string replace -rf '^  (--[a-z-]+)(?: \S+)?  +(.*)' '$1\t$2' -- $help
    echo --help
end

complete -c hostdevctl -f -a '(__hostdevctl_complete)'
