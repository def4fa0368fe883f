import type { MoltbotError } from "@moltbot/contracts";
import { neutralText } from "../text/neutralise.ts";
import type { FieldProblem, Problem } from "./state.ts";

/** A message may name what a stranger called something. */
export const problemOf = ({ code, message, next }: Problem): Problem => ({ code, message: neutralText(message), next });

/** Problems that the person mends beside what was entered; the question stays open. */
export const MENDABLE: readonly string[] = [
  "APPROVAL_EDIT_INVALID",
  "CAPABILITY_INVALID",
  "REQUEST_INVALID",
  "STEP_UP_REQUIRED",
];
/** What somebody is told who may not be here any more. */
export const OUT_WORDS: Readonly<Record<"suspended" | "left", Problem>> = {
  suspended: {
    code: "SUSPENDED",
    message: "You were suspended: nothing lets you in until an admin or the owner does.",
    next: "Ask them. What is yours was not touched.",
  },
  left: {
    code: "LEFT",
    message: "You are no longer in this house.",
    next: "Only a new invitation lets you in.",
  },
};
/** The session ended while the page was open; which of the reasons it was, nobody tells a stranger. */
export const SIGNED_OUT: Problem = {
  code: "NOT_SIGNED_IN",
  message: "You were signed out: this browser’s sign-in was ended or grew too old, or you may not be here any more.",
  next: "",
};
export const DEVICE_COPIED: Problem = {
  code: "REFRESH_REUSED",
  message: "Somebody used a copy of what one of your devices holds, so the device was ended.",
  next: "Look for the copy, then pair the device again under “Sign-ins”.",
};

/** This browser is no device any more: it was ended, or somebody used a copy of what it holds. */
export const DEVICE_ENDED: readonly string[] = ["REFRESH_REUSED", "REFRESH_INVALID"];
/** Problems that end what the page shows. */
export const OUTSIDE: readonly string[] = ["VAULT_LOCKED", "NOT_SIGNED_IN", "TOKEN_INVALID", ...DEVICE_ENDED];
export const fieldProblem = (error: MoltbotError): FieldProblem => {
  const { path } = error.context;
  return { ...problemOf(error), path: typeof path === "string" ? path : null };
};
