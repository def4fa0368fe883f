import type { AuditHead } from "@moltbot/contracts";
import { instantOf } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../crypto/index.ts";
import { createExportVerifier, openAuditLog, verifyExport } from "./index.ts";
import { headLine, parseLogLine, recordLine } from "./log-line.ts";
import { createFrontier } from "./merkle-tree.ts";
import { must, testOptions } from "./testing/open-test-log.ts";
import { isSigned, signHead } from "./tree-head.ts";
import { verifyExportWith } from "./verify-export.ts";

/** An export of six records with a head in the middle and one at the end, and both heads as held elsewhere. */
const exported = async () => {
  const options = testOptions();
  const log = must(await openAuditLog(options));
  const record = async (n: number) => log.record({ event: "pay:sent", actor: "system", fields: { amount: n } });
  for (const n of [0, 1, 2]) must(await record(n));
  const middle = must(await log.head());
  for (const n of [3, 4, 5]) must(await record(n));
  const end = must(await log.head());
  const lines = must(await log.export())
    .trimEnd()
    .split("\n");
  await log.close();
  return { options, middle, end, lines };
};

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
const isRecord = (line: string): boolean => line.startsWith('{"record"');

/** What an attacker without the key writes: their own records, a consistent tree, heads in the owner's name. */
const rewrite = (lines: readonly string[], sign: (size: number, root: Uint8Array) => AuditHead): string => {
  const tree = createFrontier();
  const forged = lines.filter(isRecord).map((line) => {
    const parsed = parseLogLine(line.replace('"amount":4', '"amount":4000'));
    if (typeof parsed === "string" || parsed.kind !== "record") throw new Error("not a record");
    tree.append(parsed.leaf);
    return recordLine(parsed.record).line;
  });
  return text([...forged, headLine(sign(tree.size(), tree.root()))]);
};

describe("the offline verifier", () => {
  it("accepts what was exported, with any head signed on the way and without one", async () => {
    const { lines, middle, end } = await exported();
    for (const head of [null, middle, end]) {
      expect(verifyExport(text(lines), head)).toMatchObject({ ok: true, records: 6, faults: [], root: end.root });
    }
    expect(verifyExport(lines.join("\n"), end).faults).toMatchObject([
      { problem: expect.stringContaining("last line is not complete") as unknown },
    ]);
  });

  it.each<[string, (lines: string[], middle: AuditHead) => void]>([
    ["an edited record", (lines) => lines.splice(2, 1, (lines[2] ?? "").replace('"amount":2', '"amount":9'))],
    ["a deleted record", (lines) => lines.splice(2, 1)],
    ["a deleted first record", (lines) => lines.splice(lines.findIndex(isRecord), 1)],
    ["two exchanged records", (lines) => lines.splice(-3, 2, lines.at(-2) ?? "", lines.at(-3) ?? "")],
    ["a repeated record", (lines) => lines.splice(2, 0, lines[2] ?? "")],
    ["a repeated head in a wrong place", (lines) => lines.splice(1, 0, lines.at(-1) ?? "")],
    ["a line of another kind", (lines) => lines.splice(1, 0, '{"note":1}')],
    ["a line with two things in it", (lines) => lines.splice(1, 0, '{"head":{},"record":{}}')],
    ["a line that is no object", (lines) => lines.splice(1, 0, "7")],
    ["a null", (lines) => lines.splice(1, 0, "null")],
    ["a record without its form", (lines) => lines.splice(1, 0, '{"record":{"sequence":1}}')],
    ["a head without its form", (lines) => lines.splice(1, 0, '{"head":{"size":1}}')],
    ["a half surrogate", (lines) => lines.splice(1, 0, '{"record":"\\ud800"}')],
    ["spaces that mean nothing", (lines) => lines.splice(1, 1, (lines[1] ?? "").replace(":", ": "))],
    ["an empty line", (lines) => lines.splice(2, 0, "")],
    ["an older head among the records", (lines, middle) => lines.splice(3, 0, headLine(middle))],
    ["a head after the last", (lines) => lines.push(lines.at(-1) ?? "")],
    ["a removed last head", (lines) => lines.splice(-1, 1)],
    [
      "a bad signature",
      (lines) => lines.splice(-1, 1, (lines.at(-1) ?? "").replace(/"signature":"./, '"signature":"_')),
    ],
    ["another spelling of a signature", (lines) => lines.splice(-1, 1, respell(lines.at(-1) ?? ""))],
    ["another spelling of a key", (lines) => lines.splice(-1, 1, respell(lines.at(-1) ?? "", "publicKey"))],
  ])("finds %s", async (_kind, damage) => {
    const { lines, middle } = await exported();
    const intact = text(lines);
    damage(lines, middle);
    expect(text(lines)).not.toBe(intact);
    const report = verifyExport(text(lines), null);
    expect(report.ok).toBe(false);
    expect(report.faults[0]?.code).toBe("AUDIT_DAMAGED");
  });

  it("names the record at which two were exchanged or one is missing", async () => {
    const { lines } = await exported();
    const at = lines.findIndex((line) => line.includes('"sequence":2'));
    lines.splice(at, 1);
    expect(verifyExport(text(lines), null).faults).toContainEqual({
      record: 2,
      code: "AUDIT_DAMAGED",
      problem: "record 3 stands where record 2 belongs",
    });
  });

  it("finds a removed end against a head held elsewhere, and only so", async () => {
    const { lines, middle, end } = await exported();
    const shorter = text([...lines.slice(0, middle.size), headLine(middle)]);
    expect(verifyExport(shorter, null).ok).toBe(true);
    expect(verifyExport(shorter, middle).ok).toBe(true);
    expect(verifyExport(shorter, end)).toMatchObject({
      ok: false,
      faults: [{ code: "AUDIT_HEAD_MISMATCH", record: null }],
    });
    expect(verifyExport("", end).faults.map(({ code }) => code)).toContain("AUDIT_HEAD_MISMATCH");
    expect(verifyExport("", null)).toMatchObject({ ok: false, records: 0 });
  });

  it("finds a log that was signed anew by another key", async () => {
    const { lines, end } = await exported();
    const mallory = signerFromSeed(testOptions().signingSeed);
    const forged = rewrite(lines, (size, root) => signHead(mallory, size, root, instantOf(0)));
    const report = verifyExport(forged, end);
    expect(report.ok).toBe(false);
    expect(new Set(report.faults.map(({ code }) => code))).toEqual(new Set(["AUDIT_HEAD_MISMATCH"]));
  });

  it("finds a given head that is not what its signer signed", async () => {
    const { lines, end } = await exported();
    expect(verifyExport(text(lines), { ...end, at: instantOf(0) })).toMatchObject({
      ok: false,
      faults: [{ code: "AUDIT_HEAD_MISMATCH", problem: "the signature of the given head is not valid" }],
    });
  });

  it("takes an export in pieces of any size, and says how far it is", async () => {
    const { lines, end } = await exported();
    const bytes = Buffer.from(text(lines));
    for (const size of [1, 7, 300, 100_000]) {
      const verifier = createExportVerifier(end);
      for (let at = 0; at < bytes.length; at += size) verifier.push(bytes.subarray(at, at + size));
      expect(verifier.records()).toBe(6);
      expect(verifier.finish()).toMatchObject({ ok: true, records: 6 });
    }
  });

  it("reads a text that is longer than one piece", () => {
    const long = `${"x".repeat(700_000)}\n`;
    expect(verifyExport(long.repeat(4), null).faults).toHaveLength(5);
  });

  it("does not drown its reader in faults", () => {
    expect(verifyExport("x\n".repeat(5_000), null).faults.length).toBe(100);
  });
});

/** Sets an unused bit in the last letter of a base64url text: another spelling of the same bytes. */
const respell = (line: string, field = "signature"): string =>
  line.replace(new RegExp(`("${field}":"[^"]*)(.)"`), (_whole, start: string, last: string) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return `${start}${letters[letters.indexOf(last) + 1]}"`;
  });

describe("unplug the signature check", () => {
  it("lets a wholly rewritten log pass in the owner's name", async () => {
    const { lines, options } = await exported();
    const owner = signerFromSeed(options.signingSeed).publicKey;
    const impostor = { publicKey: owner, sign: () => new Uint8Array(64) };
    const forged = rewrite(lines, (size, root) => signHead(impostor, size, root, instantOf(0)));
    expect(verifyExportWith({ isSigned: () => true }, forged, null)).toMatchObject({ ok: true, records: 6 });
    expect(verifyExportWith({ isSigned }, forged, null).faults).toMatchObject([
      { problem: "the signature of a head is not valid" },
    ]);
  });
});
