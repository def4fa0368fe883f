import type { Approval, OperationRequest } from "@moltbot/contracts";
import { must } from "./attack-house.ts";
import type { AttackHouse, ResultPart, Step } from "./attack-house.ts";

/** A small project with a fault that its own tests find. */
export const PROJECT = {
  "package.json": JSON.stringify({ name: "sum", type: "module", scripts: { test: "node --test" } }),
  "src/sum.js": "export const sum = (a, b) => a - b;\n",
  "test/sum.test.js": `import assert from "node:assert";\nimport { test } from "node:test";\nimport { sum } from "../src/sum.js";\ntest("adds", () => assert.equal(sum(1, 2), 3));\n`,
  "README.md": "# Sum\n",
};
export const FIXED = "export const sum = (a, b) => a + b;\n";
export const EDIT = { tool: "file.edit", arguments: { path: "sum/src/sum.js", old: "a - b", new: "a + b" } };
export const RUN_TESTS = { tool: "exec.run", arguments: { argv: ["node", "--test"], cwd: "sum" } };

/** Clones the project, runs its tests, keeps it, mends it and runs them again. */
export const cloneAndMend = (url: string, place: string): readonly Step[] => [
  [
    {
      tool: "exec.run",
      arguments: { argv: ["git", "-c", "http.sslCAInfo=/workspace/ca.pem", "clone", url, "sum"], network: [place] },
    },
  ],
  [RUN_TESTS],
  [{ tool: "exec.keep", arguments: { paths: ["sum"] } }],
  [EDIT],
  [RUN_TESTS],
];

/** What a person was asked for a piece of work, and what came of it. */
export interface Work {
  readonly asked: readonly Approval[];
  readonly results: readonly ResultPart[];
  readonly conversationId: OperationRequest<"conversations.get">["conversationId"];
}

/** As a person answers who wants to be asked little: with what the card proposes, else for the conversation where it offers that. */
const answerOf = ({
  id,
  question: { scopes, proposal },
}: Approval): Omit<OperationRequest<"approvals.answer">, "code"> => {
  const allow = { approvalId: id, answer: "allow" } as const;
  if (proposal?.scope === "conversation") return { ...allow, scope: "conversation", constraints: proposal.constraints };
  return { ...allow, scope: scopes.includes("conversation") ? "conversation" : "once" };
};

/** Plays a turn, and answers whatever it asks; gives every question. */
export const work = async (
  house: AttackHouse,
  steps: readonly Step[],
  more: Partial<OperationRequest<"messages.send">> = {},
): Promise<Work> => {
  const { report } = await house.obey(steps, more);
  const asked: Approval[] = [];
  let last = report;
  while (last.approvals.length > 0) {
    for (const approval of last.approvals) {
      asked.push(approval);
      must(await house.client.call("approvals.answer", answerOf(approval)));
    }
    last = must(await house.client.call("turns.get", { turnId: report.turnId, wait: "true" }));
  }
  return { asked, results: await house.resultsOf(last), conversationId: report.conversationId };
};

export const rulesOf = (asked: readonly Approval[]): readonly string[] =>
  asked.map(({ question }) => `${question.tool} ${question.rule}`);

/** How each call ended, in a few words. */
export const startsOf = (results: readonly ResultPart[]): readonly string[] =>
  results.map(({ status, code, text }) =>
    status === "ok" ? ((text ?? "").split(/\n|;| after/)[0] ?? "") : `${status} ${String(code)}`,
  );

/** Waits until programs can run. */
export const untilReady = async ({ client }: AttackHouse): Promise<void> => {
  for (let looks = 0; looks < 60 && !must(await client.call("system.status", {})).sandbox.ready; looks += 1)
    await new Promise((resolve) => void setTimeout(resolve, 250));
};
