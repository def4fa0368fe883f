import type { Approval, Message, TurnReport } from "@moltbot/contracts";

const wordsOf = ({ parts }: Message): string =>
  parts.flatMap((part) => (part.type === "text" || part.type === "quote" ? [part.text] : [])).join("\n");

const ANSWER_IT = "Answer in the web app, or with `./moltbot approvals`. Nothing happens until then; silence denies.";

const asks = (approvals: readonly Approval[]): string =>
  [
    "Before I go on I need your answer:",
    ...approvals.map(({ question }) => `- ${question.consequence} ${question.why}`),
    ANSWER_IT,
  ].join("\n");

/** What became of a turn, in words for a client that can show nothing else: the reply or its notice, or what waits for an answer. */
export const wordsOfReport = ({ state, reply, approvals }: TurnReport): string => {
  if (reply !== null) return wordsOf(reply);
  return state === "waiting" ? asks(approvals) : "";
};
