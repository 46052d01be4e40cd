#!/bin/sh
# The first process of a node's namespaces: all others join it, and end with it. What they would change of the machine is
# hidden from them first. Its argument is a file that it makes when the others may come.
set -eu

# The node agent sees the mounts of pods that were made after it.
mount --make-rshared /

# Sockets, network namespaces, logs, and what the kubelet and CNI keep.
mount -t tmpfs -o mode=755 tmpfs /run
for dir in lib log; do
  mkdir -p /run/var/$dir/upper /run/var/$dir/work
  mount -t overlay -o lowerdir=/var/$dir,upperdir=/run/var/$dir/upper,workdir=/run/var/$dir/work overlay /var/$dir
done

# Settings of the whole machine's kernel: the kubelet finds them as it wants them, and sets none.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  name=${setting%=*}
  file=/run/$(echo "$name" | tr / .)
  echo "${setting#*=}" >"$file"
  mount --bind "$file" "/proc/sys/$name"
done

# Pods reach the API server by the address of the Service `kubernetes`, without kube-proxy.
ip link set lo up
ip addr add 10.96.0.1/32 dev lo
echo 1 >/proc/sys/net/ipv4/ip_forward

touch "$1"
# A shell that waits for its own child takes in the orphans of others.
while :; do sleep 5; done
