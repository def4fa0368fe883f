/**
 * Programs from a message to the disk: a real gateway, a real wall, a model that does what it is told. What a program changes stays
 * in its copy until it is kept; what it started ends with a stop, a close and an erasure.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse, Step } from "../support/attack-house.ts";
import { noWallHere } from "../support/program-house.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

let house: AttackHouse;
afterEach(() => house.close());

const shell = (command: string): Step => [{ tool: "exec.shell", arguments: { command } }];
const keep = (paths?: readonly string[]): Step => [
  { tool: "exec.keep", arguments: paths === undefined ? {} : { paths } },
];
const copies = (): string => join(house.place.home, "copies");
/** Whether any process of this machine was started with this word. */
const runs = (word: string): boolean =>
  readdirSync("/proc").some((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(word);
    } catch {
      return false;
    }
  });
const start = async (): Promise<string> => {
  house = await startAttackHouse();
  return house.workspaceOf(house.agent.id);
};
const untilRunning = async (word: string): Promise<void> => {
  await expect.poll(() => runs(word), { timeout: 10_000 }).toBe(true);
};

describe.skipIf(missing !== null)(`a program that a model runs${WHY_NOT}`, () => {
  it("asks, works on a copy, and what it wrote is in the workspace once it is kept, and back again once it is undone", async () => {
    const workspace = await start();
    writeFileSync(join(workspace, "a.txt"), "one");
    const { report } = await house.obey([shell("id -u; cat a.txt; echo two > a.txt; echo b > b.txt"), keep()]);
    expect(report.approvals.map(({ question }) => [question.tool, question.effect])).toEqual([
      ["exec.shell", "execute"],
    ]);
    expect(report.approvals[0]?.question.preview?.text).toContain("run        cat a.txt");
    const done = await house.allowAll(report);
    const [ran, kept] = await house.resultsOf(done);
    expect(ran?.text).toContain("exit code 0");
    expect(ran?.text).toMatch(/\none\n/);
    expect(ran?.text).not.toMatch(/:\n0\n/);
    expect(kept?.text).toMatch(/^ok: 2 files brought back/);
    expect([readFileSync(join(workspace, "a.txt"), "utf8"), readFileSync(join(workspace, "b.txt"), "utf8")]).toEqual([
      "two\n",
      "b\n",
    ]);
    const callId = /undo id ([0-9a-f-]{36})/.exec(kept?.text ?? "")?.[1] ?? "";
    must(await house.client.call("files.undo", { callId: callId as never })); // the text of an id
    expect([readFileSync(join(workspace, "a.txt"), "utf8"), existsSync(join(workspace, "b.txt"))]).toEqual([
      "one",
      false,
    ]);
    await house.checkAudit();
  });

  it("cannot plant a hook, an .envrc or a package script without a question of its own", async () => {
    const workspace = await start();
    const plant =
      "mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; echo evil > .envrc; echo '{}' > package.json; echo fine > fine.txt";
    const { report } = await house.obey([shell(plant), keep()]);
    const [asked] = report.approvals;
    if (asked === undefined) throw new Error("nothing was asked");
    const second = await house.answer(asked, "allow");
    expect(second.approvals.map(({ question }) => question.tool)).toEqual(["exec.keep"]);
    expect(second.approvals[0]?.question.preview?.text).toContain(".git/hooks/pre-commit");
    expect(readdirSync(workspace)).toEqual([]);
    const [hooks] = second.approvals;
    if (hooks === undefined) throw new Error("nothing was asked");
    await house.answer(hooks, "deny");
    expect(readdirSync(workspace)).toEqual([]);
  });

  it("finds a way out only where its call names a host, and that is told on the card", async () => {
    await start();
    const look = "env | grep -ci proxy; cat /proc/net/dev | grep -c :";
    const without = await house.obey([shell(look)]);
    const [alone] = await house.resultsOf(await house.allowAll(without.report));
    expect(alone?.text).toContain(":\n0\n1");
    const { report } = await house.obey([
      [{ tool: "exec.shell", arguments: { command: look, network: ["example.org"] } }],
    ]);
    const { consequence = "", leaves = "" } = report.approvals[0]?.question ?? {};
    expect(consequence).toContain("with network to example.org");
    expect(leaves).toContain("example.org:443");
    const [led] = await house.resultsOf(await house.allowAll(report));
    expect(led?.text).toMatch(/:\n[1-9]\d*\n1/);
  });

  it("ends when its turn is stopped, long before its time", async () => {
    await start();
    const word = `60${String(process.pid)}4`;
    const { report } = await house.obey([[{ tool: "exec.run", arguments: { argv: ["sleep", word] } }]]);
    const [asked] = report.approvals;
    if (asked === undefined) throw new Error("nothing was asked");
    const answered = house.client.call("approvals.answer", { approvalId: asked.id, answer: "allow" });
    await untilRunning(word);
    must(await house.client.call("turns.stop", { turnId: report.turnId }));
    await expect.poll(() => runs(word), { timeout: 5_000 }).toBe(false);
    await answered;
  });

  it("that goes on in the background ends when everything is stopped, and stays ended", async () => {
    await start();
    const word = `60${String(process.pid)}1`;
    const { report } = await house.obey([[{ tool: "exec.start", arguments: { argv: ["sleep", word] } }]]);
    await house.allowAll(report);
    await untilRunning(word);
    must(await house.client.call("system.stop", {}));
    await expect.poll(() => runs(word), { timeout: 5_000 }).toBe(false);
    must(await house.client.call("system.resume", { grants: "all" }));
    expect(runs(word)).toBe(false);
  });

  it("ends with its conversation, and its copy goes with it", async () => {
    await start();
    const word = `60${String(process.pid)}2`;
    const { report } = await house.obey([[{ tool: "exec.start", arguments: { argv: ["sleep", word] } }]]);
    await house.allowAll(report);
    await untilRunning(word);
    expect(readdirSync(copies())).toEqual([report.conversationId]);
    must(
      await house.client.call("privacy.erase", {
        subject: { kind: "conversation", id: report.conversationId },
        confirm: report.conversationId,
      }),
    );
    expect(readdirSync(copies())).toEqual([]);
    await expect.poll(() => runs(word), { timeout: 5_000 }).toBe(false);
  });

  it("ends with the gateway", async () => {
    await start();
    const word = `60${String(process.pid)}3`;
    const { report } = await house.obey([[{ tool: "exec.start", arguments: { argv: ["sleep", word] } }]]);
    await house.allowAll(report);
    await untilRunning(word);
    await house.gateway.close();
    await expect.poll(() => runs(word), { timeout: 5_000 }).toBe(false);
  });
});
