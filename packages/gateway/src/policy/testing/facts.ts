import {
  AgentId,
  CallId,
  ConversationId,
  Digest,
  PrincipalId,
  ToolName,
  TurnId,
  instantOf,
  label,
} from "@moltbot/contracts";
import type { JsonObject, PolicyFacts, ResolvedResource } from "@moltbot/contracts";
import { sha256Hex } from "@moltbot/storage/crypto";

const id = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`);

export const AGENT_ID = id(AgentId, 3);
const OWNER = id(PrincipalId, 1);

export interface Wish {
  readonly tool?: string;
  readonly effect?: PolicyFacts["manifest"]["effect"];
  readonly arguments?: JsonObject;
  readonly resources?: readonly ResolvedResource[];
  readonly untrusted?: boolean;
  readonly at?: number;
  readonly call?: number;
  readonly chain?: readonly number[];
}

/** The facts of a call: a mail to Bob on a Sunday at noon, unless wished otherwise. */
export const facts = (wish: Wish = {}): PolicyFacts => {
  const tool = wish.tool ?? "mail.send";
  return {
    call: {
      id: id(CallId, wish.call ?? 10),
      turnId: id(TurnId, wish.call ?? 10),
      conversationId: id(ConversationId, 5),
      agentId: AGENT_ID,
      authority: OWNER,
      agentChain: wish.chain === undefined ? [AGENT_ID] : wish.chain.map((n) => id(AgentId, n)),
      tool,
      arguments: wish.arguments ?? { to: "bob@example.org" },
      label: label(wish.untrusted === true ? "untrusted" : "authority", [OWNER]),
    },
    manifest: {
      name: ToolName.parse(tool),
      version: 1,
      title: "Send a mail",
      effect: wish.effect ?? "send",
      permissions: ["message:send"],
      critical: [],
      undo: "irreversible",
    },
    resources: wish.resources ?? [
      { argument: "to", kind: "recipient", value: "bob@example.org", refusal: null },
      { argument: "to", kind: "host", value: "mail.example.org:465", refusal: null },
    ],
    now: instantOf(wish.at ?? Date.UTC(2026, 10, 22, 12)),
  };
};

export const hash = (bytes: string | Uint8Array): Digest => Digest.parse(sha256Hex(bytes));
