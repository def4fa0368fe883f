import { MessageId } from "@moltbot/contracts";
import type { Label, Message, MessagePart } from "@moltbot/contracts";
import type { TurnRun } from "./ports.ts";

interface Draft {
  readonly role: Message["role"];
  readonly parts: readonly MessagePart[];
  readonly label: Label;
  readonly state?: Message["state"];
  /** The name of the model that wrote it, where that may be another than the one that was asked. Null: the house wrote it, although it is the assistant's. */
  readonly model?: string | null;
}

/** A message of this turn by this agent. The parent is set by the repository, to the head it finds. */
export const compose = ({ ports, turn }: TurnRun, draft: Draft): Message => {
  const model = ports.model.describe();
  return {
    id: ports.ids.next(MessageId),
    conversationId: turn.conversationId,
    parentId: null,
    role: draft.role,
    author: turn.agentId,
    turnId: turn.id,
    parts: draft.parts,
    label: draft.label,
    state: draft.state ?? "complete",
    model:
      draft.role === "assistant" && draft.model !== null
        ? { name: draft.model ?? model.name, demonstration: model.demonstration }
        : null,
    createdAt: ports.clock.now(),
  };
};

/** The text of an answer as parts: none when it is empty. */
export const textParts = (text: string): readonly MessagePart[] => (text === "" ? [] : [{ type: "text", text }]);
