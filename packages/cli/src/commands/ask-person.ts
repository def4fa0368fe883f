import type { Approval, Scope } from "@moltbot/contracts";
import type { CommandContext } from "../context.ts";
import { forgetTyped } from "./read-lines.ts";

/** What a person chose for one question. */
export type Choice =
  | { readonly answer: "allow"; readonly scope: Scope }
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

const askOne = async ({ question }: Approval): Promise<Choice | null> => {
  const { isCancel, select } = await import("@clack/prompts");
  await forgetTyped();
  const picked = await select({
    message: "Allow it?",
    options: [
      ...question.scopes.map((scope) => ({ value: scope as string, label: SCOPES[scope] })),
      { value: "deny", label: "Deny" },
      { value: "stop", label: "Deny, and stop the turn" },
    ],
  });
  if (isCancel(picked)) return null;
  if (picked === "deny") return { answer: "deny" };
  if (picked === "stop") return { answer: "deny", stop: true };
  const scope = question.scopes.find((one) => one === picked);
  return scope === undefined ? null : { answer: "allow", scope };
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

/** Whether the person at this terminal says yes; turning away is no. */
export const confirmPerson = async (message: string): Promise<boolean> => {
  const { confirm } = await import("@clack/prompts");
  await forgetTyped();
  return (await confirm({ message, initialValue: false })) === true;
};

/** A line that the person at this terminal types; null when they turn away. */
export const readTyped = async (question: string): Promise<string | null> => {
  const { isCancel, text } = await import("@clack/prompts");
  await forgetTyped();
  const typed = await text({ message: question });
  return isCancel(typed) ? null : typed.trim();
};

/** Asks at this terminal. */
export const askPerson: Asker = Object.freeze({ one: askOne, several: askSeveral, code: askCode });
