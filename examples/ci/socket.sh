#!/bin/sh
# A security key in a plain shell, for clients that speak CTAPHID over a socket: no root, no kernel module.
set -eu
folder=$(mktemp -d)
faultkey attach --via socket --listen "$folder/key" --control "$folder/control" > "$folder/ready" &
trap 'faultkey ctl --control "$folder/control" quit; rm -r "$folder"' EXIT
# A state of the key, and a fault on it.
until faultkey ctl --control "$folder/control" wait plugged 2> "$folder/errors"; do kill -0 $!; done
faultkey ctl --control "$folder/control" fault add no-credentials
faultkey ctl --control "$folder/control" list
# Here your tests use the key at $folder/key.
