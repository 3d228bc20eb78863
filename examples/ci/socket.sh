#!/bin/sh
# A security key in a plain shell, for clients that speak CTAPHID over a socket: no root, no kernel module.
set -eu
folder=$(mktemp -d)
faultkey attach --detach --log "$folder/log" --via socket --listen "$folder/key" --control "$folder/control"
trap 'faultkey ctl --control "$folder/control" quit; rm -r "$folder"' EXIT
faultkey ctl --control "$folder/control" fault add no-credentials
faultkey ctl --control "$folder/control" list
# Here your tests use the key at $folder/key.
