#!/bin/sh
# tsc-offset: what KVM adds to the host's TSC for the guest's first vCPU; unsigned in some kernels, signed in others.
cat "/sys/kernel/debug/kvm/$(cat /run/lab/guest.pid)"-*/vcpu0/tsc-offset
