import { mkdtempSync, rmSync, writeFileSync, chmodSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { WALL_PARTS, beginBy } from "./begin-behind-wall.ts";
import type { WallParts } from "./begin-behind-wall.ts";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";
import { smallJob } from "./test-support/small-job.ts";
import { createWall } from "./wall.ts";
import type { WallFile } from "./wall-job.ts";

const missing = noWallHere();
const because = missing === null ? "" : ` (skipped: ${missing})`;
const folder = mkdtempSync(join(tmpdir(), "moltbot-spoken-"));
const named = join(folder, "named.txt");
writeFileSync(named, "named-for-it", { mode: 0o666 });
writeFileSync(join(folder, "other.txt"), "not-named", { mode: 0o666 });
for (const path of [named, join(folder, "other.txt")]) chmodSync(path, 0o666);
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a shell without a workspace says. */
const say = async (
  script: string,
  files: readonly WallFile[] = [],
  parts: Partial<WallParts> = {},
): Promise<string> => {
  const { limits } = smallJob("/");
  let heard = "";
  const begun = beginBy("/usr/bin/bwrap", { ...WALL_PARTS, ...parts })(
    { argv: ["/bin/sh", "-c", script], files, limits },
    (bytes) => void (heard += Buffer.from(bytes).toString()),
  );
  if (!begun.ok) throw new Error(begun.error.message);
  await begun.value.ended;
  return heard;
};

describe.skipIf(missing !== null)(`a program that is spoken with${because}`, () => {
  it("is answered while it runs, and what it writes arrives at once", async () => {
    const wall = createWall();
    await wall.check();
    const answered = Promise.withResolvers<string>();
    const { limits } = smallJob("/");
    const begun = wall.begin(
      { argv: ["/bin/sh", "-c", "while read -r line; do echo got $line; done"], limits },
      (bytes) => answered.resolve(Buffer.from(bytes).toString()),
    );
    if (!begun.ok) throw new Error(begun.error.message);
    begun.value.write(Buffer.from("a\n"));
    expect(await answered.promise).toBe("got a\n");
    expect(await begun.value.residentBytes()).toBeGreaterThan(100_000);
    begun.value.end("stopped");
    expect([await begun.value.ended, await begun.value.residentBytes()]).toEqual([
      { exitCode: null, stop: "stopped" },
      null,
    ]);
  });

  it("computes under the eyes of whoever began it, what it started included, and not while it waits", async () => {
    const { limits } = smallJob("/");
    const begin = async (script: string): Promise<readonly (number | null)[]> => {
      const begun = beginBy("/usr/bin/bwrap")({ argv: ["/bin/sh", "-c", script], limits }, () => undefined);
      if (!begun.ok) throw new Error(begun.error.message);
      await new Promise((resolve) => void setTimeout(resolve, 1_000));
      const computed = begun.value.computedMs();
      begun.value.end("stopped");
      await begun.value.ended;
      return [computed, begun.value.computedMs()];
    };
    const [busy, gone] = await begin("(while :; do :; done) & wait");
    const [waiting] = await begin("sleep 5");
    expect([(busy ?? 0) > (waiting ?? 0) + 100, (waiting ?? 0) < 100, gone]).toEqual([true, true, null]);
  });

  it("is not begun behind a wall that was not checked", () => {
    const begun = createWall().begin({ argv: ["/bin/true"], limits: smallJob("/").limits }, () => undefined);
    expect(begun.ok ? "begun" : begun.error.code).toBe("SANDBOX_UNAVAILABLE");
  });

  it("has the wall checked where it did not even begin", async () => {
    let checks = 0;
    const wall = createWall({
      platform: "linux",
      find: () => "/usr/bin/bwrap",
      runBy: () => async (job, signal) => {
        checks += 1;
        const { runBy } = await import("./run-behind-wall.ts");
        return runBy("/usr/bin/bwrap")(job, signal);
      },
      startBy: () => () => ({ ok: false, error: new Error() as never }), // nothing is started here
      beginBy: () => beginBy("/usr/bin/bwrap"),
      everyMs: 600_000,
    });
    await wall.check();
    const gone: WallFile = { inside: "/moltbot/x", outside: join(folder, "gone") };
    const begun = wall.begin({ argv: ["/bin/true"], files: [gone], limits: smallJob("/").limits }, () => undefined);
    if (begun.ok) await begun.value.ended;
    await wall.check();
    expect(checks).toBe(2);
  });

  const FILES: readonly WallFile[] = [{ inside: "/moltbot/deep/er/named.txt", outside: named }];
  const attack = `cat /moltbot/deep/er/named.txt; cat /moltbot/deep/er/other.txt '${folder}/other.txt'; echo changed > /moltbot/deep/er/named.txt; echo x > /workspace/x; echo x > /moltbot/deep/x; cat /workspace/x /moltbot/deep/x`;
  it("reads the files that are named for it, and changes neither them nor anything else", async () => {
    const heard = await say(attack, FILES);
    expect(heard).toContain("named-for-it");
    expect(heard).not.toContain("not-named");
    expect(heard).not.toMatch(/^x$/m);
    expect(readFileSync(named, "utf8")).toBe("named-for-it");
  });
  it("unplug: bound for writing, a named file is changed", async () => {
    await say(attack, FILES, {
      argumentsOf: (job, isRoot) =>
        bubblewrapArguments(job, isRoot).map((word, at, all) =>
          word === "--ro-bind" && all[at + 1] === named ? "--bind" : word,
        ),
    });
    expect(readFileSync(named, "utf8")).toBe("changed\n");
  });
  it("unplug: without its root made read-only, it writes where it has no workspace", async () => {
    const heard = await say("echo x > /workspace/x; cat /workspace/x", [], {
      argumentsOf: (job, isRoot) => {
        const all = bubblewrapArguments(job, isRoot);
        const at = all.lastIndexOf("--remount-ro");
        const open = all.map((word, i) => (word === "0755" && all[i + 2] === "/workspace" ? "0777" : word));
        return [...open.slice(0, at), ...open.slice(at + 2)];
      },
    });
    expect(heard).toBe("x\n");
  });
});
