import {
  CLONE,
  CLONE3,
  IOCTL,
  PERSONALITY,
  REFUSED_CALLS,
  SEMGET,
  SHMGET,
  SOCKET,
  UNCOUNTED_CALLS,
} from "./syscalls.ts";
import type { Syscall } from "./syscalls.ts";

/** Architectures for which there is a filter. */
export type FilteredArch = "x64" | "arm64";

/** One instruction of classic BPF (`struct sock_filter`, linux/filter.h). */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

// linux/bpf_common.h, linux/seccomp.h, linux/audit.h
const [LOAD, JUMP_EQUAL, JUMP_ATLEAST, JUMP_ANY_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const [ALLOW, KILL, ERRNO] = [0x7fff_0000, 0x8000_0000, 0x0005_0000];
const [EPERM, EINVAL, ENOSYS, EAFNOSUPPORT] = [1, 22, 38, 97];
const AUDIT_ARCH = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
/** Offsets in `struct seccomp_data`; an argument has 64 bits, of which most of these calls read the lower 32. */
const [NUMBER, ARCH] = [0, 4];
const argument = (n: number): number => 16 + 8 * n;
/** Numbers from here on are the x32 way into the same calls. */
const X32 = 0x4000_0000;
/** CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h). */
const NEW_NAMESPACES = 0x7e02_0080;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: the last because libraries ask it for the addresses of the machine. */
const FAMILIES = [1, 2, 10, 16];
/** TIOCSTI and TIOCLINUX put keys into the terminal of whoever started it. */
const TERMINAL_INPUT = [0x5412, 0x541c];
/** PER_LINUX, PER_LINUX32 and the question which one is set; others switch protections of memory off. */
const PERSONALITIES = [0, 8, 0xffff_ffff];

/** Of the 4,096 segments of memory and the 32,000 sets of semaphores that a namespace may have, System V (proc(5)): 256 and some 70 MiB. */
const [SEGMENT_BYTES, SEMAPHORES] = [64 * 1024, 32];

const load = (offset: number): Instruction => ({ code: LOAD, jt: 0, jf: 0, k: offset });
const end = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k });
const unless = (code: number, k: number, skipped: number): Instruction => ({ code, jt: 0, jf: skipped, k });

const whenEqual = (k: number, then: readonly Instruction[]): readonly Instruction[] => [
  unless(JUMP_EQUAL, k, then.length),
  ...then,
];

/** For one call: the instructions in `then`, which must end. Calls that the architecture does not have cost nothing. */
const whenCall = (call: Syscall, arch: FilteredArch, then: readonly Instruction[]): readonly Instruction[] => {
  const number = call[arch];
  return number === null ? [] : whenEqual(number, then);
};

const refuse = (errno: number): Instruction => end(ERRNO | errno);
const allowOnly = (n: number, values: readonly number[], errno: number): readonly Instruction[] => [
  load(argument(n)),
  ...values.flatMap((value) => whenEqual(value, [end(ALLOW)])),
  refuse(errno),
];

/** Only while the lower half of an argument is at most so much; asked after its upper half, where it has one. */
const allowUpTo = (n: number, most: number): readonly Instruction[] => [
  load(argument(n)),
  unless(JUMP_ATLEAST, most + 1, 1),
  refuse(EINVAL),
  end(ALLOW),
];

const program = (arch: FilteredArch): readonly Instruction[] => [
  load(ARCH),
  // Threat: a program of another architecture counts its calls differently.
  { code: JUMP_EQUAL, jt: 1, jf: 0, k: AUDIT_ARCH[arch] },
  end(KILL),
  load(NUMBER),
  ...(arch === "x64" ? [unless(JUMP_ATLEAST, X32, 1), refuse(ENOSYS)] : []),
  // Its flags lie in memory, where no filter sees them: libraries then fall back to `clone`.
  ...whenCall(CLONE3, arch, [refuse(ENOSYS)]),
  ...whenCall(CLONE, arch, [load(argument(0)), unless(JUMP_ANY_BIT, NEW_NAMESPACES, 1), refuse(EPERM), end(ALLOW)]),
  ...whenCall(SOCKET, arch, allowOnly(0, FAMILIES, EAFNOSUPPORT)),
  ...whenCall(PERSONALITY, arch, allowOnly(0, PERSONALITIES, EPERM)),
  ...whenCall(IOCTL, arch, [
    load(argument(1)),
    ...TERMINAL_INPUT.flatMap((request) => whenEqual(request, [refuse(EPERM)])),
    end(ALLOW),
  ]),
  ...whenCall(SHMGET, arch, [load(argument(1) + 4), ...whenEqual(0, allowUpTo(1, SEGMENT_BYTES)), refuse(EINVAL)]),
  ...whenCall(SEMGET, arch, allowUpTo(1, SEMAPHORES)),
  ...UNCOUNTED_CALLS.flatMap((call) => whenCall(call, arch, [refuse(ENOSYS)])),
  ...REFUSED_CALLS.flatMap((call) => whenCall(call, arch, [refuse(EPERM)])),
  end(ALLOW),
];

/**
 * The seccomp filter (classic BPF, seccomp(2)) for processes behind the wall, as bytes for `bwrap --seccomp`: little-endian
 * `struct sock_filter`, eight bytes each. What it refuses fails with an error that programs know; nothing is killed but a program
 * of another architecture.
 */
export const seccompFilter = (arch: FilteredArch): Uint8Array => {
  const instructions = program(arch);
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
  for (const [at, { code, jt, jf, k }] of instructions.entries()) {
    bytes.setUint16(at * 8, code, true);
    bytes.setUint8(at * 8 + 2, jt);
    bytes.setUint8(at * 8 + 3, jf);
    bytes.setUint32(at * 8 + 4, k, true);
  }
  return new Uint8Array(bytes.buffer);
};

/** Whether there is a filter for this machine. */
export const isFiltered = (arch: string): arch is FilteredArch => arch === "x64" || arch === "arm64";
