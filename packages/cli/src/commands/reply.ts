import type { Message, TurnReport } from "@moltbot/contracts";
import color from "picocolors";
import { printable } from "../output.ts";

/** The words of a message. */
export const textOf = (message: Message): string =>
  message.parts.flatMap((part) => (part.type === "text" || part.type === "reminder" ? [part.text] : [])).join("\n");

/** How a turn ended, for people; the demonstration model's answers are marked. */
export const replyText = (turn: TurnReport): string => {
  if (turn.reply === null) return "";
  const words = printable(textOf(turn.reply));
  if (turn.reply.role === "notice") return color.yellow(words);
  return turn.reply.model?.demonstration === true ? `${words} ${color.dim("(demonstration model)")}` : words;
};
