# What a development build has on top: its start, files, and what `handsetctl dev` needs.
include("$(BOARD_DIR)/manifest.py")

freeze("$(FIRMWARE_DIR)/ports/qemu/dev")
module("working_tree.py", base_path="$(FIRMWARE_DIR)/development")
module("tree_digests.py", base_path="$(GENERATED_DIR)")
