import { spawn } from "node:child_process";
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { SPARE_ID } from "./bubblewrap-arguments.ts";
import { withNothingAt } from "./handed-on.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
const GATEWAY = fileURLToPath(new URL("test-support/hand-on.ts", import.meta.url));
const WORDS = "words of whoever started the gateway";

describe.skipIf(missing !== null)(`a file that whoever started the gateway left open${WHY_NOT}`, () => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-handed-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const read = async (isHanded: boolean): Promise<string> => {
    const workspace = join(root, "workspace");
    mkdirSync(workspace, { recursive: true });
    if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
    const file = join(root, "left-open.txt");
    writeFileSync(file, WORDS);
    const leftOpen = openSync(file, "r");
    const gap = Array.from({ length: 37 }, () => "ignore" as const);
    const gateway = spawn(process.execPath, [GATEWAY, workspace, isHanded ? "handed" : ""], {
      stdio: ["ignore", "pipe", "inherit", ...gap, leftOpen],
    });
    closeSync(leftOpen);
    let said = "";
    gateway.stdout?.on("data", (bytes) => (said += String(bytes)));
    await new Promise((resolve) => gateway.once("close", resolve));
    return said;
  };

  it("is not open behind the wall", async () => {
    expect(await read(false)).toBe("/dev/null\n");
  });
  it("unplug: handed on, it is read there", async () => {
    expect(await read(true)).toContain(WORDS);
  });
});

describe("nothing in the place of descriptors", () => {
  it("stands at each of them, and between them nothing is changed", () => {
    const more = withNothingAt([8, 6], 6, (given) => given);
    expect(more.map((one) => typeof one)).toEqual(["number", "string", "number"]);
  });
  it("is opened for none", () => {
    expect(withNothingAt([], 6, (given) => given)).toEqual([]);
  });
});
