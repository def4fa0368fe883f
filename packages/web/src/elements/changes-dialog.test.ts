import { CallId, instantOf } from "@moltbot/contracts";
import type { KeptChange, OperationName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { MOLTY } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { ChangesDialog } from "./changes-dialog.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const id = (n: number): CallId => CallId.parse(`00000000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const change = (n: number, wish: Partial<KeptChange> = {}): KeptChange => ({
  callId: id(n),
  agentId: MOLTY.id,
  conversationId: null,
  tool: "file.write",
  at: instantOf(NOON),
  undoes: null,
  state: "standing",
  count: 1,
  files: [{ path: `notes ${n}.txt`, before: 10, now: 20, state: "standing" }],
  ...wish,
});
const CHANGES = [
  change(1),
  change(2, { state: "changed", tool: "file.edit" }),
  change(3, { state: "back", tool: "undo", undoes: id(9) }),
  change(4, {
    state: "unknown",
    tool: "exec.keep",
    count: 7,
    files: [1, 2, 3, 4].map((n) => ({ path: `site/${n}\u202e`, before: 1, now: 2, state: "standing" as const })),
  }),
];

type Table = { readonly [N in OperationName]?: unknown };
const open = async (table: Table = {}, role: typeof ME.role = "member") => {
  const gateway = gatewayOf({
    "files.changes": CHANGES,
    "agents.list": [MOLTY],
    "files.undo": { callId: id(1), undoId: id(8), paths: ["notes 1.txt"] },
    ...table,
  });
  const dialog = new ChangesDialog();
  const done = standIn(dialog);
  Object.assign(dialog, { call: gateway.call, me: { ...ME, role }, now: NOON });
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show();
  return { dialog, read, done, ...gateway };
};

describe("changed files", () => {
  it("says what was done, to what, by whom, how large it was, and whether it stands", async () => {
    const { read, asked } = await open();
    const { words } = read();
    for (const part of [
      "Wrote notes 1.txt 10 bytes before, 20 bytes now",
      "Changed notes 2.txt changed since",
      "Put back notes 3.txt as before",
      "you, in the files of Molty",
      "Kept of a program’s work 7 files",
      "site/1 U+202E",
      "and 4 more files",
    ])
      expect(words).toContain(part);
    expect(asked.map(({ name }) => name)).toEqual(["files.changes", "agents.list"]);
  });

  it("undoes what stands at once, and says so", async () => {
    const { read, asked, done, dialog } = await open();
    read().fire("click", "Undo: Wrote notes 1.txt");
    await settle();
    expect(asked).toContainEqual({ name: "files.undo", input: { callId: id(1), anyway: false } });
    expect(asked.filter(({ name }) => name === "files.changes")).toHaveLength(2);
    expect(dialog.said).toBe("It is as it was before: Wrote notes 1.txt.");
    expect(done).toContain(`focus #change-${id(1)}`);
  });

  it("asks again before it goes over what somebody wrote since, and may be left", async () => {
    const { read, asked, done } = await open();
    read().fire("click", "Undo: Changed notes 2.txt");
    expect(read().words).toContain("What stands there now goes, and is kept");
    await settle();
    expect(done).toContain(`focus #change-${id(2)} .really`);
    read().fire("click", "Leave it");
    await settle();
    expect(done).toContain(`focus #change-${id(2)} .link`);
    expect(read().words).not.toContain("Put it back anyway");
    expect(asked.map(({ name }) => name)).not.toContain("files.undo");
    read().fire("click", "Undo: Changed notes 2.txt");
    read().fire("click", "Put it back anyway");
    await settle();
    expect(asked).toContainEqual({ name: "files.undo", input: { callId: id(2), anyway: true } });
    expect(read().words).not.toContain("Put it back anyway");
  });

  it("takes a change of the last moment for a question, and another refusal for what it is", async () => {
    const late = await open({ "files.undo": refused("CONFLICT", { kind: "file" }) });
    late.read().fire("click", "Undo: Wrote notes 1.txt");
    await settle();
    expect(late.read().words).toContain("Put it back anyway");
    expect(late.dialog.problem).toBeNull();
    const gone = await open({ "files.undo": refused("NOT_FOUND", { kind: "undo" }) });
    gone.read().fire("click", "Undo: Wrote notes 1.txt");
    await settle();
    expect(gone.dialog.problem?.code).toBe("NOT_FOUND");
    expect(gone.done).toContain("focus #changes-problem");
  });

  it("has no way for what is as before, and none at all for who may not", async () => {
    const { read } = await open();
    expect(() => read().fire("click", "Undo: Put back notes 3.txt")).toThrow("nothing called");
    const viewers = (await open({}, "viewer")).read();
    expect(viewers.words).toContain("notes 1.txt");
    expect(() => viewers.fire("click", "Undo:")).toThrow("nothing called");
  });

  it("says that there is nothing, and what could not be loaded", async () => {
    expect((await open({ "files.changes": [] })).read().words).toContain("Nothing yet.");
    const failed = await open({ "files.changes": refused("DATABASE_UNAVAILABLE", { problem: "it is busy" }) });
    expect(failed.read().words).toContain("it is busy");
    expect(failed.read().words).not.toContain("Loading");
  });
});
