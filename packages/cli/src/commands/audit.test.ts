import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CONSISTENCY, EXPORT, HEAD, INCLUSION, KEPT_HEAD } from "../testing/audit-samples.ts";
import { run } from "../testing/run.ts";
import type { Answer } from "../testing/fake-gateway.ts";

const AT = "2026-11-22T12:00:00.000Z";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-audit-"));
  writeFileSync(join(folder, "kept"), JSON.stringify(KEPT_HEAD));
  writeFileSync(join(folder, "log"), EXPORT);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const at = (name: string): string => join(folder, name);

describe("audit list", () => {
  const record = (event: string, sequence: number) => ({
    sequence,
    at: AT,
    event,
    actor: "ada\u001b[2J",
    fields: { tool: "calc" },
    commitments: {},
  });

  it("asks for what was named, and shows who and what, with nothing that moves the cursor", async () => {
    const route =
      "GET /v2/audit/records?limit=5&before=40&from=2026-11-20T00%3A00%3A00.000Z&to=2026-11-22T00%3A00%3A00.000Z&event=tool&agent=g&tool=calc&person=p&decision=d&trace=t";
    const answers: Record<string, Answer> = {
      [route]: { json: [record("tool:intended", 7), record("audit:damaged", 6)] },
    };
    const done = await run(
      [
        ..."audit list --limit 5 --before 40 --since 2026-11-20 --until 2026-11-22 --event tool".split(" "),
        ..."--agent g --tool calc --person p --decision d --trace t".split(" "),
      ],
      answers,
    );
    expect(done.asked).toMatchObject([{ route }]);
    expect(done.out).toMatch(/^#\s+when\s+event\s+who\s+what\n7 /);
    expect(done.out).toContain("ada\\u001b[2J");
    expect(done.out).toContain("tool=calc");
    expect(done.out).toContain("audit:damaged");
  });

  it("takes lengths of time, and refuses what is neither a time nor a number", async () => {
    const done = await run(["audit", "list", "--since", "24h"], {});
    expect(done.asked[0]?.route).toMatch(/^GET \/v2\/audit\/records\?limit=20&from=20\d\d-/);
    expect(await run(["audit", "list", "--since", "soon"], {})).toMatchObject({ code: "USAGE", asked: [] });
    expect(await run(["audit", "list", "--before", "x"], {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("says which of the two it is when there is nothing", async () => {
    expect((await run(["audit"], { "GET /v2/audit/records?limit=20": { json: [] } })).out).toContain("Nothing was");
    const searched = await run(["audit", "list", "--tool", "x"], {
      "GET /v2/audit/records?limit=20&tool=x": { json: [] },
    });
    expect(searched.out).toContain("No record fits");
  });
});

describe("audit proof", () => {
  it("checks here what the gateway says of a record, and keeps it", async () => {
    const answers = { "GET /v2/audit/proof?record=1": { json: INCLUSION } };
    const done = await run(["audit", "proof", "--record", "1", "--out", at("proof")], answers);
    expect(done).toMatchObject({ exit: 0 });
    expect(done.out).toContain("✓ record 1 stands in the log of 5 records");
    expect(JSON.parse(readFileSync(at("proof"), "utf8"))).toEqual(INCLUSION);
    const again = await run(["audit", "verify", "--proof", at("proof"), "--head", at("kept")], {});
    expect(again).toMatchObject({ exit: 1, asked: [] });
    expect(again.out).toContain("prove that size too");
    writeFileSync(at("its head"), JSON.stringify(INCLUSION.head));
    const tied = await run(["audit", "verify", "--proof", at("proof"), "--head", at("its head")], {});
    expect(tied).toMatchObject({ exit: 0, asked: [] });
    const json = await run(["audit", "proof", "--record", "1", "--json"], answers);
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, problem: null });
  });

  it("shows that the log continues the one whose head was kept", async () => {
    const answers = { "GET /v2/audit/proof?size=3": { json: CONSISTENCY } };
    const done = await run(["audit", "proof", "--head", at("kept")], answers);
    expect(done).toMatchObject({ exit: 0, asked: [{ route: "GET /v2/audit/proof?size=3" }] });
    expect(done.out).toContain("is the beginning of the one of 5");
  });

  it("does not believe a gateway whose proof does not hold", async () => {
    const answers = { "GET /v2/audit/proof?size=3": { json: { ...CONSISTENCY, path: [] } } };
    const done = await run(["audit", "proof", "--size", "3"], answers);
    expect(done).toMatchObject({ exit: 1 });
    expect(done.out).toContain("the proof does not hold");
    const other = { ...KEPT_HEAD, root: "00".repeat(32) };
    writeFileSync(at("other"), JSON.stringify(other));
    expect(
      await run(["audit", "proof", "--size", "3", "--head", at("other")], {
        "GET /v2/audit/proof?size=3": { json: CONSISTENCY },
      }),
    ).toMatchObject({ exit: 1 });
  });

  it.each([
    ["nothing"],
    ["both", "--record", "1", "--size", "2"],
    ["a head of another size", "--size", "2", "--head", "KEPT"],
    ["no number", "--record", "one"],
  ])("refuses %s", async (_kind, ...words) => {
    const argv = words.map((word) => (word === "KEPT" ? at("kept") : word));
    expect(await run(["audit", "proof", ...argv], {})).toMatchObject({ code: "USAGE", asked: [] });
  });
});

describe("audit verify, offline", () => {
  it("accepts an export against the head that was kept, and no other export", async () => {
    const done = await run(["audit", "verify", "--export", at("log"), "--head", at("kept")], {});
    expect(done).toMatchObject({ exit: 0, asked: [] });
    expect(done.out).toContain("5 records verify");
    writeFileSync(at("cut"), `${EXPORT.split("\n").slice(0, 2).join("\n")}\n`);
    expect(await run(["audit", "verify", "--export", at("cut"), "--head", JSON.stringify(HEAD)], {})).toMatchObject({
      exit: 1,
      out: expect.stringContaining("AUDIT_HEAD_MISMATCH") as unknown,
    });
  });

  it("refuses two things at once, and files that are not there or not what they should be", async () => {
    for (const argv of [
      ["--export", at("log"), "--proof", at("proof")],
      ["--export", at("missing")],
      ["--export", folder],
      ["--proof", at("missing")],
      ["--proof", at("kept")],
      ["--proof", at("proof"), "--head", "{"],
    ])
      expect(await run(["audit", "verify", ...argv], {}), argv.join(" ")).toMatchObject({ code: "USAGE", asked: [] });
  });
});
