import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AgentId, JsonObject, MessagePart, Result, TurnReport } from "@moltbot/contracts";
import type { Tool } from "../../../../packages/execution/src/tools/index.ts";
import { saidModel } from "../../../../packages/gateway/src/drill/claw/said-model.ts";
import { openDrillHouse } from "../../../../packages/gateway/src/drill/index.ts";
import type { DrillHouse, DrillWish } from "../../../../packages/gateway/src/drill/index.ts";
import { photograph } from "../../../support/attack-house.ts";
import { openHostWorld } from "../../../support/host-world.ts";
import type { HostHarm, HostWorld } from "../../../support/host-world.ts";
import { must } from "../../../support/must.ts";
import { couldRun } from "../../../support/could-run.ts";
import { readExecCorpus } from "./corpus.ts";
import type { ExecCase } from "./corpus.ts";

export interface ExecWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  readonly progress?: (done: number, all: number) => void;
  /** Hung in beside the built-in ones and given every program as well, with the arguments of exec.run; none in earnest. */
  readonly tools?: readonly Tool[];
}

/** What a program did outside, or what came into the workspace unasked and would run there later. */
export interface ExecFailure {
  readonly id: string;
  readonly how: HostHarm | "planted";
}

export interface ExecReport {
  readonly kind: "exec";
  readonly cases: number;
  readonly calls: number;
  readonly succeeded: number;
  readonly failures: readonly ExecFailure[];
  /** Programs with which nothing is wrong and that did not work: none may be. */
  readonly benignRefused: readonly string[];
}

interface Call {
  readonly tool: string;
  readonly arguments: JsonObject;
}
type ResultPart = Extract<MessagePart, { type: "result" }>;

/** Long enough for a program of a test; what never ends is ended. */
const SECONDS = 10;
/** How a script that names its own interpreter is run: it lies in the program's own /tmp. */
const BY_ITSELF = "cat > /tmp/script && chmod 700 /tmp/script && exec /tmp/script";

const callOf = (one: ExecCase, world: HostWorld): Call => {
  const { what } = one;
  if ("argv" in what)
    return { tool: "exec.run", arguments: { argv: what.argv.map((word) => world.fill(word)), seconds: SECONDS } };
  const script = world.fill(what.script);
  return script.startsWith("#!")
    ? { tool: "exec.run", arguments: { argv: ["/bin/sh", "-c", BY_ITSELF], input: script, seconds: SECONDS } }
    : { tool: "exec.shell", arguments: { command: script, seconds: SECONDS } };
};

/** The same program for a tool that takes what exec.run takes. */
const plainly = ({ tool, arguments: given }: Call): JsonObject =>
  tool === "exec.shell" ? { argv: ["/bin/sh", "-c", given["command"] ?? ""], seconds: SECONDS } : given;

/** Empties the workspace: what one program left must not help the next. */
const sweep = (workspace: string): void => {
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true, mode: 0o700 });
};

/**
 * Sends one turn and gives what its calls gave back. Programs are allowed whatever they are (the worst case: a person who reads none of it);
 * to bring back what they left is denied, so that whatever came into the workspace came there unasked.
 */
const play = async (house: DrillHouse, agent: AgentId): Promise<readonly ResultPart[]> => {
  let report: TurnReport = must(await house.send(agent, "Please run this, and keep what it leaves."));
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  while (report.approvals.length > 0) {
    for (const { id, question } of report.approvals)
      must(await house.answer(id, question.tool === "exec.keep" ? "deny" : "allow"));
    report = must(await house.standing(report));
  }
  const { conversationId } = report;
  const messages = must(await house.door.call("conversations.messages", { conversationId, limit: 500 }));
  return messages.flatMap(({ parts }) => parts).flatMap((part) => (part.type === "result" ? [part] : []));
};

const worked = ([result]: readonly ResultPart[]): boolean =>
  result?.status === "ok" && (result.text ?? "").startsWith("exit code 0 ");

/** Waits until the gateway has looked at its wall; what is missing where it does not hold. */
const wallOf = async (house: DrillHouse): Promise<Result<void>> => {
  for (let looks = 0; ; looks += 1) {
    const status = await house.door.call("system.status", {});
    if (!status.ok) return status;
    const { ready, problem } = status.value.sandbox;
    if (ready) return ok(undefined);
    if (looks >= 20) return err(moltbotError("SANDBOX_UNAVAILABLE", { problem: problem ?? "it does not hold" }));
    await new Promise((resolve) => void setTimeout(resolve, 500));
  }
};

/** Runs every program of a corpus of this kind through a real gateway, and looks at the machine around it afterwards. */
export const runExec = async (wish: ExecWish): Promise<Result<ExecReport>> => {
  const corpus = readExecCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const { tools = [], progress } = wish;
  let root: string | null = null;
  const world = await openHostWorld(() => root);
  let steps: readonly (readonly Call[])[] = [];
  const model = saidModel("exec", ({ messages }) => {
    const from = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
    const calls = steps[from.filter(({ role }) => role === "assistant").length];
    return calls === undefined ? { text: "Done." } : { calls };
  });
  const opened = await openDrillHouse({ tools, models: { exec: model }, connect: wish.connect });
  if (!opened.ok) {
    await world.close();
    return opened;
  }
  const house = opened.value;
  try {
    const wall = await wallOf(house);
    if (!wall.ok) return wall;
    root = house.root;
    const granted = ["exec.run", "exec.shell", ...tools.map(({ manifest }) => manifest.name)];
    const agent = must(await house.addAgent({ name: "exec", granted }));
    const workspace = house.workspaceOf(agent);
    // What stands beside its copy in the same home: other people's conversations, and the gateway's own.
    for (const file of ["canary.txt", "copies/01890a5d-ac96-774b-bcce-b302099a8057/other/notes.txt", "run/canary.txt"])
      world.plant(join(house.root, file));
    const failures: ExecFailure[] = [];
    const benignRefused: string[] = [];
    let made = 0;
    for (const [at, one] of corpus.value.entries()) {
      sweep(workspace);
      const call = callOf(one, world);
      const others = tools.map(({ manifest }) => ({ tool: String(manifest.name), arguments: plainly(call) }));
      steps = [[call, ...others], [{ tool: "exec.keep", arguments: {} }]];
      const results = await play(house, agent);
      made += results.length;
      const harm = await world.harm(results.map(({ text }) => text ?? "").join("\n"));
      const left = Object.entries(photograph(workspace)).filter(([path]) => path !== workspace);
      const planted = left.some(([path, what]) => couldRun(path.slice(workspace.length + 1), what));
      for (const how of [...harm, ...(planted ? (["planted"] as const) : [])]) failures.push({ id: one.id, how });
      if (!one.expectDenied && !worked(results)) benignRefused.push(one.id);
      progress?.(at + 1, corpus.value.length);
    }
    return ok({
      kind: "exec",
      cases: corpus.value.length,
      calls: made,
      succeeded: new Set(failures.map(({ id }) => id)).size,
      failures,
      benignRefused,
    });
  } finally {
    await house.close();
    await world.close();
  }
};
