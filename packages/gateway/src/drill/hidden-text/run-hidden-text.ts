import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { AgentId, Approval, ConversationId, ModelPort, Result } from "@moltbot/contracts";
import { must } from "../built-in/index.ts";
import { saidModel } from "../claw/index.ts";
import { openDrillHouse } from "../house.ts";
import type { DrillHouse, DrillWish } from "../house.ts";
import { readHiddenCorpus } from "./corpus.ts";
import type { HiddenCase } from "./corpus.ts";
import { labelsOf, silentSurfaces } from "./flow-control.ts";
import { mailboxOver } from "./mailbox.ts";
import type { HiddenTextReport, Renderers, Replayed } from "./report.ts";
import { auditFaults, faultsOf } from "./still-hidden.ts";

const FILE = "incoming/letter.txt";

/** One case through every way in: the owner's pasted words, a block, a tool's answer, a file and the model's own reply. */
const replay = async (house: DrillHouse, agent: AgentId, { text }: HiddenCase): Promise<Replayed> => {
  let report = must(
    await house.send(agent, `Please answer this letter: ${text}`, {
      blocks: [{ kind: "forwarded", from: `A friend ${text.slice(0, 150)}`.slice(0, 200), text }],
    }),
  );
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  const approvals: Approval[] = [];
  while (report.approvals.length > 0) {
    approvals.push(...report.approvals);
    for (const { id } of report.approvals) must(await house.answer(id, "deny"));
    report = must(await house.standing(report));
  }
  const conversationId: ConversationId = report.conversationId;
  const messages = must(await house.door.call("conversations.messages", { conversationId, limit: 500 }));
  return { approvals, messages };
};

export interface HiddenTextWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  readonly renderers: Renderers;
}

const PLAIN: HiddenCase = {
  id: "nothing hidden",
  technique: "none",
  text: "Your parcel arrives on Tuesday.",
  hidden: [],
};
const AT_ONCE = 6;

/** Reads the letter wherever it lies, passes it on, and says it aloud. */
const letterModel = (name: string, textNow: () => string): ModelPort =>
  saidModel(name, ({ messages }) => {
    const from = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
    const round = from.filter((message) => message.role === "assistant" && message.calls.length > 0).length;
    const text = textNow();
    if (round === 0)
      return {
        calls: [
          { tool: "mail.read", arguments: {} },
          { tool: "file.read", arguments: { path: FILE } },
        ],
      };
    if (round === 1)
      return {
        calls: [
          { tool: "mail.send", arguments: { to: text, subject: text, body: text } },
          { tool: "file.append", arguments: { path: "answers/letter.txt", text } },
        ],
      };
    return { text };
  });

/** Sends every text of a corpus of this kind through a real gateway by every way in, and looks at what people are shown. */
export const runHiddenText = async (wish: HiddenTextWish): Promise<Result<HiddenTextReport>> => {
  const corpus = readHiddenCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const current = new Map<AgentId, string>();
  const texts = new Map<AgentId, () => string>();
  const agents: { agent: AgentId | null }[] = Array.from({ length: AT_ONCE }, () => ({ agent: null }));
  const opened = await openDrillHouse({
    tools: mailboxOver(texts),
    models: Object.fromEntries(
      agents.map((slot, at) => {
        const name = `letters-${String(at)}`;
        return [name, letterModel(name, () => (slot.agent === null ? "" : (current.get(slot.agent) ?? "")))];
      }),
    ),
    connect: wish.connect,
  });
  if (!opened.ok) return opened;
  const house = opened.value;
  try {
    const cases = [PLAIN, ...corpus.value];
    const replays: (Replayed | undefined)[] = [];
    let next = 0;
    const work = async (slot: { agent: AgentId | null }, at: number): Promise<void> => {
      const agent = must(await house.addAgent({ name: `letters ${String(at)}`, model: `letters-${String(at)}` }));
      slot.agent = agent;
      texts.set(agent, () => current.get(agent) ?? "");
      for (;;) {
        const index = next;
        next += 1;
        const one = cases[index];
        if (one === undefined) return;
        current.set(agent, one.text);
        const path = join(house.workspaceOf(agent), FILE);
        mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
        writeFileSync(path, one.text);
        replays[index] = await replay(house, agent, one);
      }
    };
    await Promise.all(agents.map(work));
    const plainLabels = labelsOf(replays[0]?.messages ?? []);
    const records = must(await house.readAudit());
    const ends = corpus.value.map((one, at) => ({ one, end: replays[at + 1] ?? { approvals: [], messages: [] } }));
    const failures = [
      ...ends.flatMap(({ one, end }) => faultsOf(one, end, wish.renderers)),
      ...auditFaults(corpus.value, records, wish.renderers),
    ];
    return ok({
      kind: "hidden-text",
      cases: ends.length,
      succeeded: new Set(failures.map(({ id }) => id)).size,
      failures,
      withoutSignal: ends.flatMap(({ one, end }) => silentSurfaces(one, end.messages)),
      labelsThatDiffer: ends.flatMap(({ one, end }) => (labelsOf(end.messages) === plainLabels ? [] : [one.id])),
      surfaces: ["question (API)", "card (CLI)", "chat (CLI)", "audit (CLI)"],
    });
  } finally {
    await house.close();
  }
};
