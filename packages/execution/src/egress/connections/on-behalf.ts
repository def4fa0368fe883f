import { joinAll } from "@moltbot/contracts";
import type { PrincipalId, Readers, ToolCall } from "@moltbot/contracts";
import type { DataKind, OnBehalf } from "./connection.ts";

/** What kind of data that is for a person, by who may know it. */
export const dataKindOf = (readers: Readers, person: PrincipalId): DataKind => {
  if (readers === "public") return "public";
  if (!readers.includes(person)) return "nobody";
  return readers.length === 1 ? "own" : "group";
};

/** For whom a tool call dials, and what its arguments were made of. */
export const behalfOf = (call: ToolCall): OnBehalf => {
  const labels = Object.keys(call.arguments).map((argument) => call.values?.[argument] ?? call.label);
  return {
    person: call.authority,
    agentId: call.agentId,
    conversationId: call.conversationId,
    turnId: call.turnId,
    callId: call.id,
    data: dataKindOf(joinAll(labels).readers, call.authority),
  };
};
