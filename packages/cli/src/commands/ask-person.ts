import type { Readable, Writable } from "node:stream";
import type { Approval, Constraint, Question, Scope } from "@moltbot/contracts";
import { CommandExit, INTERRUPTED } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { offeredBy, proposalLabel, scopeOf } from "./proposal.ts";
import { forgetTyped } from "./read-lines.ts";

/** What a person chose for one question. */
export type Choice =
  | { readonly answer: "allow"; readonly scope: Scope; readonly constraints?: readonly Constraint[] }
  | { readonly answer: "deny"; readonly stop?: true };

/** Puts choices to the person at the terminal; null when they turn away. */
export interface Asker {
  one(approval: Approval): Promise<Choice | null>;
  /** What to do with several questions that are all on the screen. */
  several(approvals: readonly Approval[]): Promise<"each" | "allow" | "deny" | null>;
  /** A fresh proof of who answers. */
  code(): Promise<string | null>;
}

const SCOPES = {
  once: "Allow once",
  task: "Allow for this task",
  conversation: "Allow in this conversation",
  always: "Always allow, with the limits on the card",
} as const;

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** Every answer to a question, as it is picked from a list: the narrow ones first, what is proposed before the denials. */
export const choicesOf = (question: Question): readonly { readonly label: string; readonly choice: Choice }[] => {
  const proposal = offeredBy(question);
  return [
    ...question.scopes.map((scope) => ({ label: SCOPES[scope], choice: { answer: "allow", scope } as const })),
    ...(proposal === null
      ? []
      : [
          {
            label: capital(proposalLabel(question, proposal)),
            choice: { answer: "allow", scope: scopeOf(proposal), constraints: proposal.constraints } as const,
          },
        ]),
    { label: "Deny", choice: { answer: "deny" } },
    { label: "Deny, and stop the turn", choice: { answer: "deny", stop: true } },
  ];
};

const askOne = async ({ question }: Approval): Promise<Choice | null> => {
  const { isCancel, select } = await import("@clack/prompts");
  await forgetTyped();
  const choices = choicesOf(question);
  const picked = await select({
    message: "Allow it?",
    options: choices.map(({ label }, value) => ({ value, label })),
  });
  return isCancel(picked) ? null : (choices[picked]?.choice ?? null);
};

const askSeveral: Asker["several"] = async (approvals) => {
  const { isCancel, selectKey } = await import("@clack/prompts");
  await forgetTyped();
  const picked = await selectKey({
    message: `${String(approvals.length)} questions. Allow them?`,
    options: [
      { value: "o", label: "One by one" },
      { value: "a", label: "Allow all, once each" },
      { value: "d", label: "Deny all" },
    ],
  });
  if (isCancel(picked)) return null;
  return picked === "a" ? "allow" : picked === "d" ? "deny" : "each";
};

const askCode: Asker["code"] = async () => {
  const { isCancel, text } = await import("@clack/prompts");
  await forgetTyped();
  const code = await text({ message: "This needs a fresh proof that it is you. Code (./moltbot open --code):" });
  return isCancel(code) || code.trim() === "" ? null : code.trim();
};

/** Whether somebody is at this terminal who sees what is shown and can answer. */
export const canAsk = ({ output }: CommandContext): boolean =>
  !output.json && process.stdin.isTTY && process.stdout.isTTY;

const USUAL_COLUMNS = 80;

/** Where a question stands, and where its answer is typed. */
export interface QuestionPlace {
  readonly input: Readable;
  readonly output: Writable & { columns?: number };
}

/** The same; one that says it has no width is drawn as a usual one, not a letter a line. */
const withWidth = ({ input, output }: QuestionPlace): { input: Readable; output: Writable } => {
  if (output.columns === 0) output.columns = USUAL_COLUMNS;
  return { input, output };
};

/** Whether a person says yes; turning away ends the command as interrupted. */
export const askYes = async (message: string, place: QuestionPlace): Promise<boolean> => {
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message, initialValue: false, ...withWidth(place) });
  if (isCancel(answer)) throw new CommandExit(INTERRUPTED);
  return answer;
};

const ownTerminal = (): QuestionPlace => ({ input: process.stdin, output: process.stdout });

/** Whether the person at this terminal says yes; turning away ends the command as interrupted. */
export const confirmPerson = async (message: string): Promise<boolean> => {
  await forgetTyped();
  return askYes(message, ownTerminal());
};

/** A line that the person at this terminal types; null when they turn away. */
export const readTyped = async (question: string): Promise<string | null> => {
  const { isCancel, text } = await import("@clack/prompts");
  await forgetTyped();
  const typed = await text({ message: question, ...withWidth(ownTerminal()) });
  return isCancel(typed) ? null : typed.trim();
};

/** Asks at this terminal. */
export const askPerson: Asker = Object.freeze({ one: askOne, several: askSeveral, code: askCode });
