// hold-vm: keeps one empty VM open for the life of the host, so that KVM's static key in the scheduler is patched once.
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void) {
  int kvm = open("/dev/kvm", O_RDWR);
  if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0) {
    perror("/dev/kvm");
    return 1;
  }
  puts("one VM open");
  fflush(stdout);
  for (;;) pause();
}
