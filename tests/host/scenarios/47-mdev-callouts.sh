#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Scripts that mdevctl runs when an mdev of a type starts and stops: it starts such an mdev itself.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

log=$scratch/callouts.log
rm -f "$log"
plug_gpu
mkdir -p /etc/mdevctl.d/scripts.d/callouts
# mdevctl calls it with -t TYPE -e EVENT -a ACTION ...; status 2: none of this script's business.
cat > /etc/mdevctl.d/scripts.d/callouts/i915 << SCRIPT
#!/bin/sh
cat > /dev/null
[ "\$2" = i915-GVTg_V5_8 ] || exit 2
case \$4 in
pre | post) echo "\$4-\$6" >> $log ;;
*) exit 2 ;;
esac
SCRIPT
chmod +x /etc/mdevctl.d/scripts.d/callouts/i915
check 'mdevctl defines an mdev' mdevctl define --uuid "$uuid" --parent "$gvt" --type i915-GVTg_V5_8
echo > "$log"
check 'the hook takes it' prepare win10 "$(mdev_xml "$uuid")"
same 'the mdev is what was defined' i915-GVTg_V5_8 "$(mdev_type "$uuid")"
check 'the hook gives it back' release win10
same 'the mdev is gone' '' "$(mdevs)"
same 'the scripts ran around start and stop' 'pre-start post-start pre-stop post-stop' \
    "$(xargs < "$log")"
