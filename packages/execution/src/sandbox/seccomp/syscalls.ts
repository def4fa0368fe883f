/**
 * Numbers of Linux system calls (`asm/unistd_64.h` for x64, `asm-generic/unistd.h` for arm64); null: the architecture has none of
 * that name. They never change once given.
 */
export interface Syscall {
  readonly name: string;
  readonly x64: number | null;
  readonly arm64: number | null;
}

const call = (name: string, x64: number | null, arm64: number | null): Syscall => Object.freeze({ name, x64, arm64 });

/** What no program behind the wall needs, and what ways out of containers were made of. All are refused with EPERM. */
export const REFUSED_CALLS: readonly Syscall[] = Object.freeze([
  // Another kernel, its modules, its clock, its machine.
  call("kexec_load", 246, 104),
  call("kexec_file_load", 320, 294),
  call("create_module", 174, null),
  call("init_module", 175, 105),
  call("finit_module", 313, 273),
  call("delete_module", 176, 106),
  call("reboot", 169, 142),
  call("settimeofday", 164, 170),
  call("clock_settime", 227, 112),
  call("adjtimex", 159, 171),
  call("clock_adjtime", 305, 266),
  call("swapon", 167, 224),
  call("swapoff", 168, 225),
  call("acct", 163, 89),
  call("quotactl", 179, 60),
  call("quotactl_fd", 443, 443),
  call("syslog", 103, 116),
  call("ioperm", 173, null),
  call("iopl", 172, null),
  call("modify_ldt", 154, null),
  call("vhangup", 153, 58),
  call("sethostname", 170, 161),
  call("setdomainname", 171, 162),
  // Other namespaces and file systems.
  call("mount", 165, 40),
  call("umount2", 166, 39),
  call("pivot_root", 155, 41),
  call("chroot", 161, 51),
  call("open_tree", 428, 428),
  call("move_mount", 429, 429),
  call("fsopen", 430, 430),
  call("fsconfig", 431, 431),
  call("fsmount", 432, 432),
  call("fspick", 433, 433),
  call("mount_setattr", 442, 442),
  call("unshare", 272, 97),
  call("setns", 308, 268),
  call("name_to_handle_at", 303, 264),
  call("open_by_handle_at", 304, 265),
  call("fanotify_init", 300, 262),
  // Keys of the host, other processes, and interfaces whose faults opened kernels before.
  call("add_key", 248, 217),
  call("request_key", 249, 218),
  call("keyctl", 250, 219),
  call("ptrace", 101, 117),
  call("process_vm_readv", 310, 270),
  call("process_vm_writev", 311, 271),
  call("process_madvise", 440, 440),
  call("pidfd_getfd", 438, 438),
  call("kcmp", 312, 272),
  call("bpf", 321, 280),
  call("perf_event_open", 298, 241),
  call("userfaultfd", 323, 282),
  call("io_uring_setup", 425, 425),
  call("io_uring_enter", 426, 426),
  call("io_uring_register", 427, 427),
  call("lookup_dcookie", 212, 18),
  call("nfsservctl", 180, 42),
  call("uselib", 134, null),
  call("_sysctl", 156, null),
]);

/** Memory that belongs to no process, so that nobody counts it without a control group; refused with ENOSYS, as a kernel without them does. */
export const UNCOUNTED_CALLS: readonly Syscall[] = Object.freeze([
  call("memfd_create", 319, 279),
  call("memfd_secret", 447, 447),
  call("msgget", 68, 186),
]);

/** Calls of which only some arguments are refused. */
export const SHMGET = call("shmget", 29, 194);
export const SEMGET = call("semget", 64, 190);
export const CLONE = call("clone", 56, 220);
export const CLONE3 = call("clone3", 435, 435);
export const SOCKET = call("socket", 41, 198);
export const IOCTL = call("ioctl", 16, 29);
export const PERSONALITY = call("personality", 135, 92);
