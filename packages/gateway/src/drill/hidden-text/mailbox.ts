import { ToolName, label, ok } from "@moltbot/contracts";
import type { AgentId, ToolManifest } from "@moltbot/contracts";
import { defineTool } from "@moltbot/execution/tools";
import type { Tool } from "@moltbot/execution/tools";
import { z } from "zod";

const words = z.string().max(100_000);

/** A mailbox of strangers, and a way to answer that asks. */
export const mailboxOver = (texts: ReadonlyMap<AgentId, () => string>): readonly Tool[] => {
  const manifest = (
    name: string,
    more: Pick<ToolManifest, "effect" | "input" | "critical" | "roles">,
  ): ToolManifest => ({
    name: ToolName.parse(name),
    version: 1,
    title: name === "mail.read" ? "Read mail" : "Send a mail",
    description: name === "mail.read" ? "Reads the newest mail." : "Sends a mail.",
    permissions: [name.replace(".", ":")],
    result: name === "mail.read" ? "untrusted" : "context",
    undo: name === "mail.read" ? "none" : "irreversible",
    repeatable: name === "mail.read",
    ...more,
  });
  const nothing = z.strictObject({});
  const mail = z.strictObject({ to: words, subject: words, body: words });
  return [
    defineTool({
      manifest: manifest("mail.read", { effect: "read", input: nothing, critical: [], roles: {} }),
      input: nothing,
      seconds: 10,
      describe: () => "Reads the newest mail.",
      run: (_args, { call }) =>
        Promise.resolve(
          ok({
            text: texts.get(call.agentId)?.() ?? "",
            summary: "Read one mail.",
            label: label("untrusted", [call.authority], [{ kind: "tool", ref: "mail.read" }]),
          }),
        ),
    }),
    defineTool({
      manifest: manifest("mail.send", { effect: "send", input: mail, critical: ["to"], roles: { to: "recipient" } }),
      input: mail,
      seconds: 10,
      describe: ({ to, subject }) => `Sends a mail to ${to}: ${subject}.`,
      resolve: ({ to }) => Promise.resolve(ok([{ argument: "to", kind: "recipient", value: to, refusal: null }])),
      preview: ({ body }) => Promise.resolve({ kind: "message", text: body }),
      run: (_args, { call }) => Promise.resolve(ok({ text: "ok", summary: "Sent a mail.", label: call.label })),
    }),
  ];
};
