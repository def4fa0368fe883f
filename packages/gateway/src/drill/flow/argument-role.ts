import type { ArgumentRole } from "@moltbot/contracts";

const PEOPLE =
  /(^|_)(recipients?|to|cc|bcc|e?mails?|users?|participants?|attendees?|invitees?|members?|contacts?|channels?|phone|person|people|assignees?|guests?|reviewers?)$/;

/** By name and type alone: what a critical argument of a recorded tool stands for. The first that fits counts. */
const ROLES: readonly (readonly [RegExp, ArgumentRole])[] = [
  [/(^|_)ids?$/, "identifier"],
  [/(^|_)(urls?|links?|website|domain|host|endpoint|webhook)$/, "url"],
  [/(^|_)(permissions?|roles?|access|visibility|scope)$/, "permission"],
  [/(^|_)(iban|account|account_number|bic|card)$/, "account"],
  [/(^|_)(amount|price|sum|total|limit)$/, "amount"],
  [PEOPLE, "recipient"],
  [/(^|_)(path|folder|directory)$/, "path"],
];

/** What an argument stands for, by its name; an `identifier` where nothing else fits. */
export const roleOf = (argument: string): ArgumentRole => {
  const name = argument
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toLowerCase();
  return ROLES.find(([pattern]) => pattern.test(name))?.[1] ?? "identifier";
};
