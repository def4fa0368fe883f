import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ID = "01930000-0000-7000-8000-000000000003";
const UNDO_ID = "01930000-0000-7000-8000-000000000004";
const ROUTE = "POST /v2/files/undo";
const LIST = "GET /v2/files/changes?limit=20";
const CHANGE = {
  callId: ID,
  agentId: "01930000-0000-7000-8000-000000000001",
  conversationId: "01930000-0000-7000-8000-000000000002",
  tool: "file.write",
  at: "2026-11-23T12:00:00.000Z",
  undoes: null,
  state: "standing",
  count: 1,
  files: [{ path: "notes/a.txt", before: 6, now: 2048, state: "standing" }],
};

describe("undo ID", () => {
  it("puts a change back and names the files, with nothing hidden in their names, and how to undo that", async () => {
    const answer = { callId: ID, undoId: UNDO_ID, paths: ["a.txt", "b\u202e.txt"] };
    const done = await run(["undo", ID], { [ROUTE]: { json: answer } });
    expect(done.out).toContain("“a.txt”");
    expect(done.out).not.toContain("\u202e");
    expect(done.out).toContain(`undo id ${UNDO_ID}`);
    expect(done.asked.at(-1)).toMatchObject({ route: ROUTE, body: { callId: ID, anyway: false } });
  });

  it("goes over what was changed since only when told", async () => {
    const answer = { callId: ID, undoId: UNDO_ID, paths: ["a.txt"] };
    const done = await run(["undo", ID, "--anyway", "--json"], { [ROUTE]: { json: answer } });
    expect(done.asked.at(-1)).toMatchObject({ body: { callId: ID, anyway: true } });
    expect(JSON.parse(done.out)).toEqual(answer);
  });

  it("says how to go over what was changed since, and where the ids are", async () => {
    const refusal = (code: string) => ({
      status: 409,
      json: { code, detail: "no", next: "again", family: "StorageError", recoverable: true, context: {} },
    });
    const changed = { [ROUTE]: refusal("CONFLICT") };
    expect(await run(["undo", ID], changed)).toMatchObject({
      code: "CONFLICT",
      next: expect.stringContaining(`./moltbot undo ${ID} --anyway`) as unknown,
    });
    expect(await run(["undo", ID, "--anyway"], changed)).toMatchObject({ code: "CONFLICT", next: "again" });
    expect(await run(["undo", ID], { [ROUTE]: refusal("NOT_FOUND") })).toMatchObject({
      code: "NOT_FOUND",
      next: expect.stringContaining("./moltbot undo") as unknown,
    });
    expect(await run(["undo", ID], { [ROUTE]: refusal("STOPPED") })).toMatchObject({ next: "again" });
  });

  it("refuses what is no id before it asks anybody", async () => {
    const done = await run(["undo", "../x"], {});
    expect(done).toMatchObject({ code: "USAGE" });
    expect(done.asked).toEqual([]);
  });
});

describe("undo", () => {
  const rows = [
    CHANGE,
    {
      ...CHANGE,
      callId: UNDO_ID,
      tool: "undo",
      undoes: ID,
      state: "back",
      count: 3,
      files: [{ path: "b\u202e\n.txt", before: null, now: null, state: "back" }],
    },
    { ...CHANGE, state: "changed", files: [{ path: "c.txt", before: 1, now: null, state: "changed" }] },
  ];

  it("lists what is kept, aligned, with sizes and whether it can be undone", async () => {
    const { out, asked } = await run(["undo"], { [LIST]: { json: rows } });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain("notes/a.txt  6 B → 2.0 KiB");
    expect(lines[1]).toMatch(/can be undone$/);
    expect(lines[2]).toMatch(/and 2 more +is as before$/);
    expect(lines[3]).toMatch(/c\.txt {2}1 B → nothing +changed since$/);
    const column = lines[0]?.indexOf("state");
    expect(lines.slice(1).map((line) => line.search(/can be undone|is as before|changed since/))).toEqual([
      column,
      column,
      column,
    ]);
    expect(out).not.toContain("\u202e");
    expect(asked.at(-1)?.route).toBe(LIST);
  });

  it("says so where nothing is kept, and gives the list as it is with --json", async () => {
    expect((await run(["undo"], { [LIST]: { json: [] } })).out).toContain("No change of a file is kept.");
    expect(JSON.parse((await run(["undo", "--json"], { [LIST]: { json: rows } })).out)).toEqual(rows);
  });

  it.each(["0", "x", "-1", "1.5", ""])("takes no list of %j changes", async (count) => {
    expect(await run(["undo", "--limit", count], {})).toMatchObject({
      code: "USAGE",
      problem: expect.stringContaining("--limit takes a whole number from 1") as unknown,
      asked: [],
    });
  });

  it("takes no --anyway without an id", async () => {
    expect(await run(["undo", "--anyway"], {})).toMatchObject({ code: "USAGE", asked: [] });
  });
});
