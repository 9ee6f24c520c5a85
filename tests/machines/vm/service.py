"""The service in a virtual machine: the unit, its user and its udev rules as the installer places them."""

from __future__ import annotations

from tests.machines.kiosk import Kiosk
from tests.machines.vm.board import GUEST
from tests.machines.vm.vm import VirtualMachine

CONFIG = "/media/maskgate.toml"
ENVIRONMENT = "/etc/maskgate/environment"


class Service(Kiosk):
    """maskgate.service, not yet started; its kiosk is the checkout's."""

    def __init__(self, machine: VirtualMachine) -> None:
        super().__init__(machine)
        machine.read("sh", f"{GUEST}/service.sh", CONFIG)

    def watch(self, camera: int) -> None:
        """Have it look at a USB camera when it is started."""
        self._machine.read("sh", "-c", f"echo MASKGATE_CAMERA__SOURCE=usb:{camera} >{ENVIRONMENT}")

    def start(self) -> None:
        """Returns once it is ready."""
        self._machine.read("systemctl", "start", "maskgate")

    def memory(self, limit: str) -> str:
        """What the kernel has for `high` or `max`, bytes."""
        return self._machine.read("cat", f"/sys/fs/cgroup{self.show('ControlGroup')}/memory.{limit}")

    def limit_memory(self, most: str) -> None:
        """Set MemoryMax until the machine is switched off."""
        self._machine.read("systemctl", "set-property", "--runtime", "maskgate.service", f"MemoryMax={most}")

    def kill(self) -> None:
        """End its process by SIGKILL."""
        self._machine.read("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "maskgate")
