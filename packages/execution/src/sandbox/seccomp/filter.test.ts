import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seccompFilter } from "./filter.ts";
import type { FilteredArch } from "./filter.ts";
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

/** `struct seccomp_data` as far as filters read it. */
interface Data {
  readonly nr: number;
  readonly arch: number;
  readonly args: readonly number[];
}
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
const [ALLOW, KILL] = [0x7fff_0000, 0x8000_0000];
const errno = (number: number): number => 0x0005_0000 | number;
const [EPERM, EINVAL, ENOSYS, EAFNOSUPPORT] = [1, 22, 38, 97].map(errno);

/** Classic BPF as the kernel runs it (Documentation/networking/filter.rst), for the instructions that filters may have. */
const runs = (program: Uint8Array, data: Data): number => {
  const view = new DataView(program.buffer);
  const loaded = (offset: number): number => {
    if (offset === 0) return data.nr;
    if (offset === 4) return data.arch;
    const given = data.args[Math.floor((offset - 16) / 8)] ?? 0;
    return (offset - 16) % 8 === 0 ? given >>> 0 : Math.floor(given / 2 ** 32);
  };
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    const [code, jt, jf, k] = [
      view.getUint16(at * 8, true),
      view.getUint8(at * 8 + 2),
      view.getUint8(at * 8 + 3),
      view.getUint32(at * 8 + 4, true),
    ];
    switch (code) {
      case 0x20:
        accumulator = loaded(k);
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x35:
        at += accumulator >= k ? jt : jf;
        break;
      case 0x45:
        at += (accumulator & k) >>> 0 !== 0 ? jt : jf;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`no such instruction: ${String(code)}`);
    }
  }
  throw new Error("the filter does not end");
};

describe.each(["x64", "arm64"] as const)("the filter for %s", (arch: FilteredArch) => {
  const filter = seccompFilter(arch);
  const says = (nr: number, ...args: readonly number[]): number => runs(filter, { nr, arch: AUDIT[arch], args });
  const number = (call: { readonly x64: number | null; readonly arm64: number | null }): number => call[arch] ?? -1;

  it("refuses every listed call and allows every other number", () => {
    const refused = new Set(REFUSED_CALLS.map((call) => call[arch]).filter((nr) => nr !== null));
    const partly = new Set([CLONE, CLONE3, SOCKET, IOCTL, PERSONALITY, SHMGET, SEMGET, ...UNCOUNTED_CALLS].map(number));
    expect(refused.size).toBeGreaterThan(50);
    for (let nr = 0; nr < 1_000; nr += 1)
      if (!partly.has(nr)) expect([nr, says(nr)]).toEqual([nr, refused.has(nr) ? EPERM : ALLOW]);
  });

  it("kills what counts its calls in another way", () => {
    expect(runs(filter, { nr: 0, arch: 0x4000_0003, args: [] })).toBe(KILL);
    if (arch === "x64") expect([says(0x4000_0000), says(0x4000_0208)]).toEqual([ENOSYS, ENOSYS]);
  });

  it("lets processes and threads be made, but no namespace", () => {
    const [fork, thread, user, net, pidAndFork] = [0x11, 0x3d_0f00, 0x1000_0000, 0x4000_0000, 0x2000_0011];
    expect([fork, thread].map((flags) => says(number(CLONE), flags))).toEqual([ALLOW, ALLOW]);
    expect([user, net, pidAndFork, 0x0002_0000, 0x80].map((flags) => says(number(CLONE), flags))).toEqual(
      Array(5).fill(EPERM),
    );
    expect(says(number(CLONE3))).toBe(ENOSYS);
  });

  it("lets only the usual sockets, terminals without foreign keys and memory with its protections be", () => {
    expect([1, 2, 10, 16].map((family) => says(number(SOCKET), family))).toEqual(Array(4).fill(ALLOW));
    expect([0, 17, 38, 40].map((family) => says(number(SOCKET), family))).toEqual(Array(4).fill(EAFNOSUPPORT));
    expect([0x5401, 0x5412, 0x541c].map((request) => says(number(IOCTL), 3, request))).toEqual([ALLOW, EPERM, EPERM]);
    expect([0, 0xffff_ffff, 0x004_0000].map((persona) => says(number(PERSONALITY), persona))).toEqual([
      ALLOW,
      ALLOW,
      EPERM,
    ]);
  });

  it("makes no memory that belongs to no process, but little segments and sets", () => {
    expect(UNCOUNTED_CALLS.map((call) => says(number(call)))).toEqual(Array(3).fill(ENOSYS));
    const sizes = [1, 65_536, 65_537, 0xffff_ffff, 2 ** 32, 2 ** 32 + 1, 2 ** 40];
    expect(sizes.map((bytes) => says(number(SHMGET), 0, bytes))).toEqual([
      ALLOW,
      ALLOW,
      EINVAL,
      EINVAL,
      EINVAL,
      EINVAL,
      EINVAL,
    ]);
    expect([0, 1, 32, 33, 0xffff_ffff].map((many) => says(number(SEMGET), 0, many))).toEqual([
      ALLOW,
      ALLOW,
      ALLOW,
      EINVAL,
      EINVAL,
    ]);
  });
});

describe("the numbers of calls", () => {
  const HEADERS = {
    x64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    arm64: "/usr/include/asm-generic/unistd.h",
  } as const;

  it.each(["x64", "arm64"] as const)("are those of the kernel's own list for %s, where it is installed", (arch) => {
    if (!existsSync(HEADERS[arch])) return;
    const list = readFileSync(HEADERS[arch], "utf8");
    for (const call of [
      ...REFUSED_CALLS,
      ...UNCOUNTED_CALLS,
      SHMGET,
      SEMGET,
      CLONE,
      CLONE3,
      SOCKET,
      IOCTL,
      PERSONALITY,
    ]) {
      const found = new RegExp(`#define __NR(?:3264)?_${call.name}\\s+(\\d+)`).exec(list)?.[1];
      if (found !== undefined) expect([call.name, call[arch]]).toEqual([call.name, Number(found)]);
    }
  });
});
