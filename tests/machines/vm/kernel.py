"""Debian's kernel with the modules that Debian leaves out: simulated GPIO lines and cameras."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.machines.debian import cached, native_tree, run

PACKAGES = (
    *("gcc", "initramfs-tools", "linux-headers-amd64", "linux-image-amd64", "linux-source-6.12", "make"),
    *("python3-dev", "python3-pip", "python3-setuptools", "python3-wheel", "swig", "v4l2loopback-dkms", "xz-utils"),
)
"""v4l2loopback is built by its own package; the Python ones are for lgpio, which Debian does not have."""

RECIPE = r"""
set -eu
version=$(ls /lib/modules)
cd /mnt
tar --extract --file=/usr/src/linux-source-6.12.tar.xz --strip-components=1 \
    linux-source-6.12/drivers/gpio linux-source-6.12/drivers/media/test-drivers/vimc \
    linux-source-6.12/kernel/irq/irq_sim.c linux-source-6.12/include/media/tpg

# gpio-sim wants the interrupt simulator, which Debian's kernel lacks too: both go into one module, and what the
# simulator may not use from within a module it replaces.
sed --in-place --expression='/^EXPORT_SYMBOL/d' \
    --expression='s/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' kernel/irq/irq_sim.c
cp kernel/irq/irq_sim.c drivers/gpio/
cat >drivers/gpio/Makefile <<END
obj-m := gpio-simulator.o
gpio-simulator-y := gpio-sim.o irq_sim.o
END
make -C /lib/modules/$version/build M=/mnt/drivers/gpio modules
make -C /lib/modules/$version/build M=/mnt/drivers/media/test-drivers/vimc CONFIG_VIDEO_VIMC=m modules

mkdir -p lib
cp --archive /lib/modules lib/
mkdir -p lib/modules/$version/updates
cp drivers/gpio/gpio-simulator.ko drivers/media/test-drivers/vimc/vimc.ko lib/modules/$version/updates/
find lib/modules -name v4l2loopback.ko* | grep --quiet .
depmod --basedir /mnt $version

# An initial system that knows the virtual disk and its file system, and nothing else.
mkdir conf
printf 'MODULES=list\nCOMPRESS=gzip\nBUSYBOX=n\n' >conf/initramfs.conf
printf 'virtio_pci\nvirtio_blk\next4\n' >conf/modules
mkdir conf/scripts conf/hooks conf/conf.d
mkinitramfs -d conf -o initrd.img $version
cp /boot/vmlinuz-$version vmlinuz

# lgpio brings its C library along only for those who ask in this way.
export PYPI=1
for source in sources/*; do
    python3 -m pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir wheels "$source"
done
rm -rf drivers include kernel conf sources
"""

MOUNTED = """
set -eu
mount --bind "$1" "$0/mnt"
mount -t tmpfs tmpfs "$0/tmp"
mount -t tmpfs tmpfs "$0/var/tmp"
mount -t tmpfs tmpfs "$0/root"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
exec chroot "$0" sh /mnt/recipe.sh
"""


def built_kernel(sources: Path) -> Path:
    """A folder with `vmlinuz`, `initrd.img`, `lib/modules` and `wheels`; made the first time, in three minutes.

    Args:
        sources: packages of Python's that must be compiled, as they are published.

    Raises:
        TreeError: if it cannot be made.
    """
    tree = native_tree(PACKAGES)

    def build(target: Path) -> None:
        (target / "recipe.sh").write_text(RECIPE, encoding="utf-8")
        shutil.copytree(sources, target / "sources")
        run("unshare", "--mount", "--pid", "--fork", "sh", "-c", MOUNTED, str(tree), str(target))

    return cached("kernel", (tree.name, RECIPE, *(path.name for path in sorted(sources.iterdir()))), build)
