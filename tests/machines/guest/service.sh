#!/bin/sh
# The service as the installer leaves it, but for the kiosk itself, which is the checkout's. Takes the configuration.
set -eu
from=/repository/systemd
mkdir -p /usr/local/lib/systemd/system /usr/local/lib/udev/rules.d /opt/maskgate/current/bin /etc/maskgate
cp $from/maskgate.service /usr/local/lib/systemd/system
cp $from/60-maskgate.rules /usr/local/lib/udev/rules.d
ln -sf /usr/local/bin/maskgate /opt/maskgate/current/bin/maskgate
systemd-sysusers - <$from/maskgate.sysusers
systemd-tmpfiles --create - <$from/maskgate.tmpfiles
install --mode=0640 --group=maskgate "$1" /etc/maskgate/maskgate.toml
udevadm control --reload
udevadm trigger --settle --subsystem-match=gpio --subsystem-match=dma_heap
systemctl daemon-reload
