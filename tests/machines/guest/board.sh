#!/bin/sh
# The header of a Raspberry Pi: 54 simulated lines under LABEL, behind eleven chips of others, as newer kernels number
# them; and the revision gpiozero asks for. Prints where its lines are, and the kernel's own number of the first one.
set -eu
modprobe gpio-simulator
chips=/sys/kernel/config/gpio-sim
if ! [ -d $chips/others ]; then
    for number in 0 1 2 3 4 5 6 7 8 9 10; do
        mkdir -p $chips/others/bank$number
        echo 8 >$chips/others/bank$number/num_lines
        echo "gpio-brcmstb@$number" >$chips/others/bank$number/label
    done
    echo 1 >$chips/others/live
    { cat /proc/cpuinfo; printf 'Revision\t: c03115\n'; } >/run/cpuinfo
    mount --bind /run/cpuinfo /proc/cpuinfo
    echo 1 >/sys/kernel/tracing/events/gpio/enable
fi
mkdir -p $chips/pi/bank
[ "$(cat $chips/pi/live)" = 0 ] || echo 0 >$chips/pi/live
echo 54 >$chips/pi/bank/num_lines
echo "$1" >$chips/pi/bank/label
echo 1 >$chips/pi/live
chip=$(cat $chips/pi/bank/chip_name)
echo "/sys/devices/platform/$(cat $chips/pi/dev_name)/$chip/"
sed -n "s/^$chip: GPIOs \([0-9]*\)-.*/\1/p" /sys/kernel/debug/gpio
