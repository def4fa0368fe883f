import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ToolName, label, ok } from "@moltbot/contracts";
import type { TurnReport } from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import { defineTool } from "@moltbot/execution/tools";
import { z } from "zod";
import { must } from "../../support/must.ts";
import { scriptedModels, startFittedGateway } from "../../support/fitted-gateway.ts";
import type { FittedGateway, Said, ScriptedModels } from "../../support/fitted-gateway.ts";

/** The calls of one model's answer, or its words. */
export type Step = NonNullable<Said["calls"]> | string;

/** A gateway whose model obeys what a test writes down, a mailbox and a web that say what it wants, and a post box that keeps what left. */
export interface Stage {
  readonly house: FittedGateway;
  readonly models: ScriptedModels;
  /** What the mailbox of a host holds. */
  readonly mail: Map<string, string>;
  /** What the web answers, whatever is asked. */
  page: { type: string; body: Uint8Array | string };
  readonly dialled: string[];
  readonly sent: { readonly to: string; readonly text: string }[];
  /** Sends a message; the model then takes these steps, one an answer. */
  play(content: string, steps: readonly Step[], more?: Parameters<FittedGateway["send"]>[1]): Promise<TurnReport>;
  allow(report: TurnReport): Promise<TurnReport>;
  /** Everything that anybody could read afterwards: the model's views, the API, logs, and each readable file of the home. */
  everythingSeen(): Promise<string>;
}

export const call = (tool: string, given: unknown): NonNullable<Said["calls"]> => [{ tool, arguments: given }];

const mailInput = z.strictObject({ host: z.string() });
const sendInput = z.strictObject({ to: z.string(), text: z.string() });

const mailRead = (mail: ReadonlyMap<string, string>) =>
  defineTool({
    manifest: {
      name: ToolName.parse("mail.read"),
      version: 1,
      title: "Read mail",
      description: "Reads the newest mail.",
      effect: "read",
      permissions: ["mail:read"],
      input: mailInput,
      critical: [],
      result: "untrusted",
      undo: "none",
      repeatable: true,
    },
    input: mailInput,
    seconds: 5,
    describe: () => "Reads the newest mail.",
    run: async ({ host }, { call: own }) =>
      ok({
        text: mail.get(host) ?? "no mail",
        summary: "Read a mail.",
        label: label("untrusted", [own.authority], [{ kind: "host", ref: `${host}:993` }]),
      }),
  });

const mailSend = (sent: Stage["sent"]) =>
  defineTool({
    manifest: {
      name: ToolName.parse("mail.send"),
      version: 1,
      title: "Send mail",
      description: "Sends a mail.",
      effect: "send",
      permissions: ["message:send"],
      input: sendInput,
      critical: ["to"],
      roles: { to: "recipient", text: "content" },
      result: "untrusted",
      undo: "none",
      repeatable: false,
    },
    input: sendInput,
    seconds: 5,
    describe: ({ to }) => `Sends a mail to ${to}.`,
    run: async ({ to, text }, { call: own }) => {
      sent.push({ to, text });
      return ok({ text: "sent", summary: "Sent.", label: label("authority", [own.authority], []) });
    },
  });

const textsBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "workspaces" ? [] : textsBelow(path);
    return entry.isFile() ? [readFileSync(path, "latin1")] : [];
  });

export const startStage = async (): Promise<Stage> => {
  const scripts = new Map<string, readonly Step[]>();
  const mail = new Map<string, string>();
  const sent: Stage["sent"] = [];
  const dialled: string[] = [];
  let serial = 0;
  const models = scriptedModels(({ messages }) => {
    const asked = messages.findLastIndex(({ role }) => role === "user");
    const key = /#script-\d+/.exec(messages[asked]?.text ?? "")?.[0] ?? "";
    const done = messages.slice(asked).filter(({ role }) => role === "tool").length;
    const step = scripts.get(key)?.[done];
    if (step === undefined) return { text: "So be it." };
    return typeof step === "string" ? { text: step } : { calls: step };
  });
  const egress: Egress = {
    send: async (_authority, { url }) => {
      dialled.push(url);
      const { body, type } = stage.page;
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      return ok({ status: 200, headers: { "content-type": type }, url, body: bytes, redirects: 0 });
    },
    fetchFor: () => () => Promise.reject(new Error("nobody is dialled")),
    close: async () => undefined,
  };
  const house = await startFittedGateway({ tools: [mailRead(mail), mailSend(sent)], models, egress });
  mkdirSync(house.workspace, { recursive: true, mode: 0o700 });
  const stage: Stage = {
    house,
    models,
    mail,
    page: { type: "text/plain", body: "nothing" },
    dialled,
    sent,
    play: async (content, steps, more) => {
      const key = `#script-${String((serial += 1))}`;
      scripts.set(key, steps);
      return house.send(`${content} ${key}`, more);
    },
    allow: async (first) => {
      let report = first;
      while (report.state === "waiting" && report.approvals.length > 0) {
        for (const { id } of report.approvals)
          must(await house.client.call("approvals.answer", { approvalId: id, answer: "allow" }));
        report = await house.settled(report.turnId);
      }
      return report;
    },
    everythingSeen: async () => {
      const { client } = house;
      const conversations = must(await client.call("conversations.list", {}));
      const messages = await Promise.all(
        conversations.map(async ({ id: conversationId }) =>
          must(await client.call("conversations.messages", { conversationId, limit: 500 })),
        ),
      );
      return [
        JSON.stringify([conversations, messages, models.heard]),
        JSON.stringify(must(await client.call("approvals.list", { limit: 100 }))),
        JSON.stringify(must(await client.call("audit.list", { limit: 500 }))),
        JSON.stringify(must(await client.call("memories.list", {}))),
        ...textsBelow(house.place.home),
      ].join("\n");
    },
  };
  return stage;
};
