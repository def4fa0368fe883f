import type { ConversationId, Digest, Message, MessageId, OperationOutput } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printable, printableLine } from "../output.ts";
import { idIn, usage } from "../usage.ts";

type Release = OperationOutput<"shares.foresee">;

const DIGEST = /^[0-9a-f]{64}$/;

/** What of a conversation is to be seen, up to where. */
export interface Foreseen {
  readonly upTo: MessageId;
  readonly release: Release;
}

const textOf = ({ role, parts }: Message): string => {
  const who = role === "user" ? color.cyan("you") : color.green("agent");
  const said = parts.map((part) => {
    if (part.type === "text") return printable(part.text);
    if (part.type !== "quote") return "";
    return (
      color.dim(`${part.kind}${part.from === null ? "" : ` from ${printableLine(part.from)}`}: `) + printable(part.text)
    );
  });
  return `${who}  ${said.join("\n")}`;
};

/** Exactly what others would see, and where it came from. */
export const releaseText = ({ messages, sources, masked, digest }: Release): string =>
  [
    ...messages.map(textOf),
    "",
    `${String(messages.length)} ${messages.length === 1 ? "message" : "messages"}; calls, results and what comes later stay yours`,
    `from: ${sources.length === 0 ? "only what was said in it" : sources.map(printableLine).join(", ")}`,
    ...(masked === 0 ? [] : [`${String(masked)} recognised ${masked === 1 ? "secret is" : "secrets are"} masked`]),
    color.dim(`seen: ${digest}`),
  ].join("\n");

/** The message up to which a conversation is shown: the one named, or the last of its branch. */
const lastOf = async (context: CommandContext, conversationId: ConversationId, named?: string): Promise<MessageId> => {
  if (named !== undefined) return idIn("up-to", named, "a message") as MessageId; // the gateway looks whether it is one
  const { heads, activeHead } = await context.call("conversations.get", { conversationId });
  const head = heads[activeHead] ?? null;
  if (head === null) throw new CommandFailure(moltbotError("NOT_FOUND", { kind: "message" }));
  return head;
};

/** What sharing a conversation would release. */
export const foresee = async (
  context: CommandContext,
  conversationId: ConversationId,
  upTo: string | undefined,
): Promise<Foreseen> => {
  const last = await lastOf(context, conversationId, upTo);
  return { upTo: last, release: await context.call("shares.foresee", { conversationId, upTo: last }) };
};

/** The digest that a person says they saw. */
export const seenDigest = (given: string): Digest => {
  if (!DIGEST.test(given)) throw usage("--seen takes the 64 characters that `shares foresee` shows.");
  return given as Digest; // checked on the line above
};
