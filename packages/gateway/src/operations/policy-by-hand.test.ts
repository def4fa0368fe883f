import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, model, until } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const NO_NOTES = '@id("no-notes") forbid(principal, action, resource == Tool::"note.write");\n';
const open: RealHouse[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

/** A house under a policy that forbids what its agent calls in every turn; `ran` counts what really ran. */
const start = async (root?: string) => {
  const ran: string[] = [];
  const house = await openRealHouse({
    catalog: [manifest("note.write", "write")],
    model: model(undefined, "note.write"),
    run: async (call) => {
      ran.push(call.tool);
      return { ok: true, value: { text: "did it", summary: "did it", label: call.label } };
    },
    ...(root === undefined ? { policy: NO_NOTES } : { root }),
  });
  open.push(house);
  const turn = async (): Promise<void> => {
    const id = await house.begin();
    await until(async () => ["done", "failed", "waiting"].includes((await house.turn(id)).state));
  };
  const doctor = async () => {
    const checks = await house.operations["system.doctor"](house.context(), {});
    return checks.ok ? checks.value.find(({ name }) => name === "policy") : undefined;
  };
  return { house, ran, turn, doctor, file: join(house.root, "home", "policy.cedar") };
};

const saying = (words: RegExp): unknown => expect.stringMatching(words);

describe("a policy whose file is saved by hand", () => {
  it("forbids while an editor has emptied the file and not yet written it", async () => {
    const { house, ran, turn, doctor, file } = await start();
    const end = house.policy.watch();
    const version = house.policy.overlay().version;
    const handle = openSync(file, "w");
    await until(() => house.policy.fault() !== null);
    await turn();
    expect(ran).toEqual([]);
    expect(await doctor()).toMatchObject({ state: "warning", says: saying(/the file is empty/) });
    writeSync(handle, NO_NOTES);
    closeSync(handle);
    await until(() => house.policy.fault() === null);
    expect(house.policy.overlay().version).toBe(version);
    expect(await doctor()).toMatchObject({ state: "ok" });
    end();
  });

  it("forbids when the file is taken away, until the policy is removed", async () => {
    const { house, ran, turn, doctor, file } = await start();
    rmSync(file);
    await house.policy.reload();
    await turn();
    expect(ran).toEqual([]);
    expect(await doctor()).toMatchObject({ state: "warning", says: saying(/the file is gone/) });
    expect(await house.operations["policy.set"](house.context(), { text: "" })).toMatchObject({ ok: true });
    await turn();
    expect(ran).toEqual(["note.write"]);
    expect(await doctor()).toMatchObject({ state: "ok" });
  });

  it("forbids everything at a start over a file that was emptied", async () => {
    const first = await start();
    await first.house.close(false);
    open.splice(0);
    writeFileSync(first.file, "");
    const { ran, turn, doctor, house } = await start(first.house.root);
    await turn();
    expect(ran).toEqual([]);
    expect(house.policy.overlay().version).toBe("failed");
    expect(await doctor()).toMatchObject({ state: "fault", says: saying(/the file is empty/) });
  });

  it("unplug: with the policy removed, as an emptied file once was taken to mean, the call runs", async () => {
    const { house, ran, turn } = await start();
    await house.policy.set("", async () => ({ ok: true, value: undefined }));
    await turn();
    expect(ran).toEqual(["note.write"]);
  });
});
