"""Development: files (`mpremote cp`, `mount`) live in the update slot that is not running.

Such a build comes over the cable, so the slot has no other use. What is there of an older update is
lost. Modules in it come before the frozen ones of the same name.
"""

import vfs
from esp32 import Partition

slot = Partition(Partition.RUNNING).get_next_update()
try:
    vfs.mount(slot, "/")
except OSError:
    vfs.VfsLfs2.mkfs(slot)
    vfs.mount(slot, "/")
